-- SPDX-License-Identifier: GPL-2.0-only
--
-- Wireshark dissector for RMAP and the MemX messages in it: src/include/rmp_wire.h and
-- src/include/memx_wire.h, in words docs/PROTOCOL.md.
--
--	wireshark -X lua_script:tools/wireshark/rmap.lua capture.pcap
--
-- or copy the file to the folder of personal Lua plugins (Help, About, Folders). The EtherType is
-- a preference: -o rmap.ethertype:34998 for 0x88b6.
--
-- Frames without encryption carry a CRC of their header, encrypted ones a counter in its place: a
-- CRC that fits tells which of the two it is, so a capture may begin in the middle of a session.

local rmap = Proto("rmap", "MemX RMAP")
local memx = Proto("memx", "MemX message")

local HDR_LEN, TAG_LEN, HS_LEN, HS_E_LEN = 40, 16, 20, 32
local INIT_LEN, RESP_LEN = 80, 72		-- payloads of the handshake
local HS_FRAME_MIN = HS_LEN + HS_E_LEN + INIT_LEN + TAG_LEN
local ADVERT_LEN, MAC_AT = 112, 96
local MTU_MIN, MTU_MAX, SLOTS_MAX, FRAGS_MAX = 1500, 9000, 64, 64
local VERSION = 1

local T = { ADVERT = 1, SOLICIT = 2, INIT = 3, RESP = 4, REQ = 5, REP = 6, NACK = 7, PING = 8,
	    PONG = 9, BYE = 10 }
local function names_of(list)
	local out = {}

	for name, n in pairs(list) do
		out[n] = name
	end
	return out
end

local types = names_of(T)
local statuses = { [0] = "OK", "BUSY", "INVAL", "STALE", "FENCED", "NOSPC", "REFUSED", "NOSERVICE" }
local securities = { [0] = "none", "noise" }
local loads = { [0] = "ok", "pressured", "draining", "full", "stopped" }
local OP = { READ = 1, WRITE = 2, ZERO = 3, EXTENT_OPEN = 16, EXTENT_CLOSE = 17,
	     VOLUME_RELEASE = 18, EXTENT_LIST = 19 }
local ops = names_of(OP)
local F_PROBE, F_ECHO, F_SLOW, F_REPLY, F_ALL = 0x01, 0x02, 0x04, 0x08, 0x0f

---- Fields. What lies in a row in a frame is declared in a row: { name, bytes, title, how }, where
---- how is "hex", "bytes", "string", a table of values, or nothing for a decimal number.

local f, m, x = {}, {}, {}

local function key_of(abbrev)
	return (abbrev:gsub("^%w+%.", ""):gsub("%.", "_"))
end

local function declare(list, abbrev, bytes, title, how)
	local key = key_of(abbrev)

	if how == "bytes" or how == "string" then
		list[key] = ProtoField[how](abbrev, title)
	elseif how == "hex" then
		list[key] = ProtoField["uint" .. 8 * bytes](abbrev, title, base.HEX)
	else
		list[key] = ProtoField["uint" .. 8 * bytes](abbrev, title, base.DEC, how)
	end
	return list[key]
end

local function layout(list, prefix, rows)
	local out = {}

	for _, row in ipairs(rows) do
		out[#out + 1] = { declare(list, prefix .. row[1], row[2], row[3], row[4]), row[2] }
	end
	return out
end

local function flag(abbrev, title, mask)
	f[key_of(abbrev)] = ProtoField.bool(abbrev, title, mask and 8, nil, mask)
end

layout(f, "rmap.", {
	{ "type", 1, "Type", types }, { "flags", 1, "Flags", "hex" },
	{ "counter", 8, "Counter" }, { "hcrc", 4, "Header CRC32C", "hex" },
	{ "pcrc", 4, "Body CRC32C", "hex" }, { "status", 1, "Status", statuses },
	{ "body", 0, "Encrypted body", "bytes" }, { "data", 0, "Data", "bytes" },
	{ "tag", TAG_LEN, "Tag", "bytes" }, { "padding", 0, "Padding", "bytes" },
	{ "nack.mask", 8, "Missing fragments", "hex" },
})
flag("rmap.flags.probe", "Probe", F_PROBE)
flag("rmap.flags.echo", "Echo", F_ECHO)
flag("rmap.flags.slow", "Slow", F_SLOW)
flag("rmap.flags.reply", "Reply", F_REPLY)
flag("rmap.hcrc.ok", "Header CRC32C is right")
flag("rmap.pcrc.ok", "Body CRC32C is right")
flag("rmap.encrypted", "Encrypted")
flag("rmap.malformed", "Malformed")
flag("rmap.truncated", "Not captured whole")
f.request_in = ProtoField.framenum("rmap.request_in", "Request in")

local HDR_BEGIN = layout(f, "rmap.", {
	{ "len", 2, "Body length" }, { "session", 4, "Session index", "hex" },
})
local HDR_MIDDLE = layout(f, "rmap.", {
	{ "seq", 4, "Sequence number" }, { "slot", 2, "Slot" }, { "frag", 1, "Fragment" },
	{ "head_len", 1, "Head length" }, { "data_len", 4, "Data length" },
	{ "present", 2, "Pages present", "hex" },
})
local HDR_END = layout(f, "rmap.", {
	{ "slots", 1, "Slots granted" }, { "ts", 4, "Time stamp (us)" },
	{ "ts_echo", 4, "Time stamp echoed (us)" },
})
local ECHO = layout(f, "rmap.echo.", { { "reply_len", 4, "Data wanted" }, { "zero", 4, "Zero" } })

local HS = layout(f, "rmap.hs.", {
	{ "version", 1, "Version" }, { "len", 2, "Length with padding" },
	{ "sender", 4, "Sender's index", "hex" }, { "receiver", 4, "Receiver's index", "hex" },
	{ "key_id", 4, "Key id", "hex" }, { "security", 1, "Security", securities },
	{ "zero", 3, "Zero", "bytes" }, { "e", HS_E_LEN, "Ephemeral key", "bytes" },
})
layout(f, "rmap.hs.", {
	{ "payload", 0, "Encrypted payload", "bytes" }, { "tag", TAG_LEN, "Tag", "bytes" },
	{ "crc", 4, "CRC32C", "hex" },
})
flag("rmap.hs.crc.ok", "CRC32C is right")
local INIT = layout(f, "rmap.init.", {
	{ "node_id", 16, "Node id", "bytes" }, { "incarnation", 8, "Incarnation", "hex" },
	{ "session_id", 8, "Session id" }, { "counter", 8, "Counter" },
	{ "sender", 4, "Sender's index", "hex" }, { "mtu", 2, "MTU" }, { "slots", 1, "Slots" },
	{ "flags", 1, "Flags", "hex" }, { "name", 32, "Name", "string" },
})
local RESP = layout(f, "rmap.resp.", {
	{ "node_id", 16, "Node id", "bytes" }, { "incarnation", 8, "Incarnation", "hex" },
	{ "sender", 4, "Sender's index", "hex" }, { "receiver", 4, "Receiver's index", "hex" },
	{ "mtu", 2, "MTU" }, { "slots", 1, "Slots" }, { "flags", 1, "Flags", "hex" },
	{ "zero", 4, "Zero", "bytes" }, { "name", 32, "Name", "string" },
})
flag("rmap.init.flags.resume", "Resume", 0x01)
flag("rmap.resp.flags.resume", "Resume", 0x01)

local ADVERT = layout(f, "rmap.advert.", {
	{ "version", 1, "Version" }, { "len", 2, "Length" }, { "key_id", 4, "Key id", "hex" },
	{ "node_id", 16, "Node id", "bytes" }, { "incarnation", 8, "Incarnation", "hex" },
	{ "counter", 8, "Counter" }, { "capacity", 8, "Capacity (pages)" },
	{ "free", 8, "Free (pages)" }, { "interval_ms", 4, "Interval (ms)" }, { "mtu", 2, "MTU" },
	{ "load", 1, "Load", loads }, { "security", 1, "Security", securities },
	{ "name", 32, "Name", "string" },
})
layout(f, "rmap.advert.", { { "mac", 16, "MAC", "bytes" }, { "crc", 4, "CRC32C", "hex" } })
flag("rmap.advert.crc.ok", "CRC32C is right")

layout(m, "memx.", {
	{ "op", 1, "Operation", ops }, { "value", 8, "Value of a page", "hex" },
	{ "head", 0, "Head", "bytes" },
})
local DATA_REQ = layout(m, "memx.", {
	{ "zero", 1, "Zero", "bytes" }, { "page", 2, "First page" }, { "count", 2, "Pages" },
	{ "hole", 2, "Zero", "bytes" }, { "handle", 8, "Handle", "hex" },
	{ "generation", 4, "Generation" }, { "epoch", 4, "Owner epoch" },
})
layout(m, "memx.", {
	{ "volume", 16, "Volume", "bytes" }, { "index", 8, "Extent" },
	{ "name", 32, "Volume's name", "string" },
})
local EXTENT_REQ = {
	{ m.zero, 3 }, { m.generation, 4 }, { m.epoch, 4 }, { m.hole, 4 }, { m.volume, 16 },
	{ m.index, 8 }, { m.handle, 8 }, { m.name, 32 },
}
local VOLUME_REQ = { { m.zero, 3 }, { m.epoch, 4 }, { m.volume, 16 }, { m.index, 8 } }
layout(m, "memx.", { { "written", 4, "Pages written" } })
local EXTENT_REP = { { m.handle, 8 }, { m.written, 4 }, { m.zero, 4 } }
local VOLUME_REP = layout(m, "memx.result.", { { "count", 4, "Count" }, { "more", 4, "More" } })

x.malformed = ProtoExpert.new("rmap.rule", "The frame breaks a rule", expert.group.MALFORMED,
			      expert.severity.ERROR)
x.truncated = ProtoExpert.new("rmap.short", "The capture ends before the frame does",
			      expert.group.UNDECODED, expert.severity.NOTE)
x.checksum = ProtoExpert.new("rmap.damaged", "The CRC32C is wrong", expert.group.CHECKSUM,
			     expert.severity.ERROR)
x.status = ProtoExpert.new("rmap.not_ok", "The request was not executed",
			   expert.group.RESPONSE_CODE, expert.severity.NOTE)

local function values(list)
	local out = {}

	for _, v in pairs(list) do
		out[#out + 1] = v
	end
	return out
end

rmap.fields = values(f)
memx.fields = values(m)
rmap.experts = values(x)

rmap.prefs.ethertype = Pref.uint("EtherType", 0x88b5,
				 "EtherType of RMAP's frames (decimal), 35005 = 0x88b5 by default")
rmap.prefs.body_crc = Pref.bool("Check the CRC of bodies", true,
				"Check the CRC32C of the bodies of frames without encryption")

---- CRC32C, beginning with 0, nothing inverted at the end

local crc_table = {}
for i = 0, 255 do
	local c = i

	for _ = 1, 8 do
		local low = bit.band(c, 1)

		c = bit.rshift(c, 1)
		if low == 1 then
			c = bit.bxor(c, 0x82f63b78)
		end
	end
	crc_table[i] = c
end

local function crc32c(text)
	local c = 0

	for i = 1, #text do
		c = bit.bxor(bit.rshift(c, 8), crc_table[bit.band(bit.bxor(c, text:byte(i)), 0xff)])
	end
	return c % 0x100000000
end

local function raw(tvb, at, len)
	return len > 0 and tvb:range(at, len):bytes():raw() or ""
end

---- What was learnt on the way; forgotten when the capture is loaded anew

local security_of, session_of, request_of, reply_info

function rmap.init()
	security_of = {}	-- receiver's address and index: enum rmp_security
	session_of = {}		-- the same: what both directions of a session have in common
	request_of = {}		-- session, slot, sequence number: the request
	reply_info = {}		-- frame number of a reply's first fragment: the request
end

local function learn(pinfo, tvb)
	local sender, receiver = tvb:range(4, 4):uint(), tvb:range(8, 4):uint()
	local security = tvb:range(16, 1):uint()
	local initiator = tostring(pinfo.dl_dst) .. "/" .. receiver
	local target = tostring(pinfo.dl_src) .. "/" .. sender

	for _, key in ipairs({ initiator, target }) do
		security_of[key] = security
		session_of[key] = initiator .. "/" .. target
	end
end

---- Adding to the tree, never beyond what was captured

local function add(tree, tvb, fld, at, len)
	if at + len <= tvb:len() then
		return tree:add(fld, tvb:range(at, len))
	end
end

-- The rest from @at on, @len bytes of it at most.
local function add_some(tree, tvb, fld, at, len)
	len = math.min(len, tvb:len() - at)
	if len > 0 then
		return tree:add(fld, tvb:range(at, len))
	end
end

-- Fields one after the other: { field, bytes }... Return: where they end.
local function add_all(tree, tvb, at, list)
	for _, it in ipairs(list) do
		add(tree, tvb, it[1], at, it[2])
		at = at + it[2]
	end
	return at
end

local function add_made(tree, fld, value)
	local item = tree:add(fld, value)

	item:set_generated()
	return item
end

local function malformed(tree, rule)
	if rule then
		add_made(tree, f.malformed, true):add_proto_expert_info(x.malformed, rule)
	end
end

-- The first rule of { holds, what is wrong }... that does not hold.
local function first_broken(rules)
	for _, rule in ipairs(rules) do
		if not rule[1] then
			return rule[2]
		end
	end
end

local function all_zero(text)
	return not text:find("[^%z]")
end

local function checksum(tree, fld, fld_ok, tvb, at, crc)
	add(tree, tvb, fld, at, 4)
	if crc and tvb:range(at, 4):uint() == crc then
		add_made(tree, fld_ok, true)
	elseif crc then
		add_made(tree, fld_ok, false):add_proto_expert_info(x.checksum)
	end
end

---- Advertisements

local function advert_rule(tvb)
	if tvb:reported_len() < ADVERT_LEN then
		return "shorter than an advertisement"
	elseif tvb:len() < ADVERT_LEN then
		return nil
	end
	local solicit = tvb:range(0, 1):uint() == T.SOLICIT
	local interval, mtu = tvb:range(56, 4):uint(), tvb:range(60, 2):uint()
	local load = tvb:range(62, 1):uint()

	return first_broken({
		{ tvb:range(2, 2):uint() == ADVERT_LEN, "wrong length" },
		{ tvb:range(1, 1):uint() == VERSION, "unknown version" },
		{ securities[tvb:range(63, 1):uint()], "unknown security" },
		{ loads[load], "unknown load" },
		{ mtu >= MTU_MIN and mtu <= MTU_MAX, "MTU out of range" },
		{ not all_zero(raw(tvb, 24, 8)), "no incarnation" },
		{ raw(tvb, 64, 32):match("^[%w._-]+%z+$"), "bad name" },
		{ not solicit or (all_zero(raw(tvb, 40, 20)) and load == 0),
		  "a solicitation offers something" },
		{ solicit or (interval >= 100 and interval <= 60000), "interval out of range" },
		{ raw(tvb, 48, 8) <= raw(tvb, 40, 8), "more is free than there is" },
	})
end

local function dissect_advert(tvb, pinfo, tree)
	local at = add_all(tree, tvb, 1, ADVERT)

	if tvb:len() >= ADVERT_LEN then
		if tvb:range(63, 1):uint() == 0 then
			checksum(tree, f.advert_crc, f.advert_crc_ok, tvb, at,
				 crc32c(raw(tvb, 0, MAC_AT)))
		else
			add(tree, tvb, f.advert_mac, at, TAG_LEN)
		end
		pinfo.cols.info:append(" from " .. raw(tvb, 64, 32):match("^[%w._-]*"))
		add_some(tree, tvb, f.padding, ADVERT_LEN, tvb:len())
	end
	malformed(tree, advert_rule(tvb))
end

---- Handshake

local function init_rule(tvb, at)
	local mtu, slots = tvb:range(at + 44, 2):uint(), tvb:range(at + 46, 1):uint()

	return first_broken({
		{ raw(tvb, at + 40, 4) == raw(tvb, 4, 4), "the payload names another index" },
		{ mtu >= MTU_MIN and mtu <= MTU_MAX, "MTU out of range" },
		{ mtu == tvb:range(2, 2):uint(), "not padded to the MTU" },
		{ slots > 0 and slots <= SLOTS_MAX, "slots out of range" },
		{ tvb:range(at + 47, 1):uint() <= 1, "unknown flag" },
		{ tvb:range(at + 79, 1):uint() == 0, "the name has no end" },
		{ not all_zero(raw(tvb, at + 16, 8)), "no incarnation" },
	})
end

local function resp_rule(tvb, at)
	local slots = tvb:range(at + 34, 1):uint()

	return first_broken({
		{ raw(tvb, at + 24, 8) == raw(tvb, 4, 8), "the payload names other indexes" },
		{ raw(tvb, at + 32, 2) == raw(tvb, 2, 2), "not padded to the MTU" },
		{ slots > 0 and slots <= SLOTS_MAX, "slots out of range" },
		{ tvb:range(at + 35, 1):uint() <= 1, "unknown flag" },
		{ tvb:range(at + 71, 1):uint() == 0, "the name has no end" },
	})
end

local function hs_rule(tvb)
	if tvb:reported_len() < HS_FRAME_MIN then
		return "shorter than a handshake frame"
	elseif tvb:len() < HS_FRAME_MIN then
		return nil
	end
	local security = tvb:range(16, 1):uint()
	local payload_rule = tvb:range(0, 1):uint() == T.INIT and init_rule or resp_rule

	return first_broken({
		{ tvb:range(1, 1):uint() == VERSION, "unknown version" },
		{ securities[security], "unknown security" },
		{ all_zero(raw(tvb, 17, 3)), "a hole is not zero" },
		{ tvb:range(2, 2):uint() <= tvb:reported_len(), "longer than its frame" },
	}) or (security == 0 and payload_rule(tvb, HS_LEN + HS_E_LEN) or nil)
end

local function dissect_payload(tvb, tree, which, at)
	local flags_at = at + (which == "init" and 47 or 35)

	add_all(tree, tvb, at, which == "init" and INIT or RESP)
	add(tree, tvb, f[which .. "_flags_resume"], flags_at, 1)
end

local function dissect_hs(tvb, pinfo, tree)
	local which = tvb:range(0, 1):uint() == T.INIT and "init" or "resp"
	local payload_len = which == "init" and INIT_LEN or RESP_LEN
	local at = add_all(tree, tvb, 1, HS)
	local tag_at = at + payload_len
	local rule = hs_rule(tvb)

	if tvb:len() >= HS_LEN and tvb:range(16, 1):uint() == 0 then
		dissect_payload(tvb, tree, which, at)
		if tag_at + 4 <= tvb:len() then
			checksum(tree, f.hs_crc, f.hs_crc_ok, tvb, tag_at,
				 crc32c(raw(tvb, 0, tag_at)))
		end
	else
		add(tree, tvb, f.hs_payload, at, payload_len)
		add(tree, tvb, f.hs_tag, tag_at, TAG_LEN)
	end
	add_some(tree, tvb, f.padding, tag_at + TAG_LEN, tvb:len())
	if tvb:len() >= HS_LEN then
		pinfo.cols.info:append((" %s, %u bytes"):format(
			securities[tvb:range(16, 1):uint()] or "?", tvb:range(2, 2):uint()))
		if which == "resp" and not rule and not pinfo.visited then
			learn(pinfo, tvb)
		end
	end
	malformed(tree, rule)
end

---- Messages of MemX: heads only, the data is pages

local function add_values(tree, tvb, at, len)
	for i = 0, math.floor(len / 8) - 1 do
		add(tree, tvb, m.value, at + 8 * i, 8)
	end
end

local requests = {}

local function data_request(tvb, at)
	return (" page %u count %u"):format(tvb:range(at + 2, 2):uint(),
					    tvb:range(at + 4, 2):uint())
end

local function extent_request(tvb, at)
	return " extent " .. tostring(tvb:range(at + 32, 8):uint64())
end

-- Bytes of the head, its layout after the operation, what to say of it.
requests[OP.READ] = { 24, DATA_REQ, data_request }
requests[OP.WRITE] = requests[OP.READ]
requests[OP.ZERO] = requests[OP.READ]
requests[OP.EXTENT_OPEN] = { 80, EXTENT_REQ, extent_request }
requests[OP.EXTENT_CLOSE] = requests[OP.EXTENT_OPEN]
requests[OP.VOLUME_RELEASE] = { 32, VOLUME_REQ, function() return "" end }
requests[OP.EXTENT_LIST] = requests[OP.VOLUME_RELEASE]

local function dissect_request(tvb, pinfo, tree, at, len)
	local op = tvb:range(at, 1):uint()
	local how = requests[op]
	local sub = tree:add(memx, tvb:range(at, len))

	add(sub, tvb, m.op, at, 1)
	if not how or len < how[1] then
		add_some(sub, tvb, m.head, at + 1, len - 1)
		return op
	end
	sub:append_text(", " .. ops[op])
	add_all(sub, tvb, at + 1, how[2])
	if how[2] == DATA_REQ then
		add_values(sub, tvb, at + 24, len - 24)
	end
	pinfo.cols.info:append(" " .. ops[op] .. how[3](tvb, at))
	return op
end

local function dissect_reply(tvb, tree, at, len, op)
	local sub = tree:add(memx, tvb:range(at, len))

	sub:append_text(", reply" .. (ops[op] and " to " .. ops[op] or ""))
	if op == OP.READ then
		add_values(sub, tvb, at, len)
	elseif op == OP.EXTENT_OPEN and len == 16 then
		add_all(sub, tvb, at, EXTENT_REP)
	elseif (op == OP.VOLUME_RELEASE or op == OP.EXTENT_LIST) and len == 8 then
		add_all(sub, tvb, at, VOLUME_REP)
	else
		add(sub, tvb, m.head, at, len)
	end
end

local function request_key(pinfo, h)
	local src, dst = tostring(pinfo.dl_src), tostring(pinfo.dl_dst)
	local session = session_of[dst .. "/" .. h.session]

	if not session then
		session = h.type == T.REQ and src .. ">" .. dst or dst .. ">" .. src
	end
	return session .. "/" .. h.slot .. "/" .. h.seq
end

-- The request that a reply answers; remembered, for frames are looked at again in any order.
local function find_request(pinfo, h)
	if not pinfo.visited then
		reply_info[pinfo.number] = request_of[request_key(pinfo, h)]
	end
	return reply_info[pinfo.number]
end

local function dissect_head(tvb, pinfo, tree, h)
	local at, len = HDR_LEN, h.head_len
	local whole = at + len <= tvb:len() and len > 0
	local rq = { frame = pinfo.number, echo = bit.band(h.flags, F_ECHO) ~= 0 }

	if h.type == T.REP then
		rq = find_request(pinfo, h)
		if rq then
			add_made(tree, f.request_in, rq.frame)
		end
		if whole then
			dissect_reply(tvb, tree, at, len, rq and rq.op)
		end
		return
	end
	if rq.echo and whole and len == 8 then
		add_all(tree, tvb, at, ECHO)
		pinfo.cols.info:append(" echo")
	elseif not rq.echo and whole then
		rq.op = dissect_request(tvb, pinfo, tree, at, len)
	end
	if not pinfo.visited then
		request_of[request_key(pinfo, h)] = rq
	end
end

---- Frames of sessions

local function read_header(tvb)
	return {
		type = tvb:range(0, 1):uint(), flags = tvb:range(1, 1):uint(),
		len = tvb:range(2, 2):uint(), session = tvb:range(4, 4):uint(),
		seq = tvb:range(16, 4):uint(), slot = tvb:range(20, 2):uint(),
		frag = tvb:range(22, 1):uint(), head_len = tvb:range(23, 1):uint(),
		status = tvb:range(30, 1):uint(), slots = tvb:range(31, 1):uint(),
	}
end

-- The rules of rmp_frame_parse() and of session_frame().
local function session_rule(tvb, h, sealed)
	local avail, tag = tvb:reported_len() - HDR_LEN, sealed and TAG_LEN or 0
	local fixed = { [T.NACK] = 8, [T.PING] = 0, [T.PONG] = 0, [T.BYE] = 0 }

	return first_broken({
		{ (fixed[h.type] or h.len) == h.len, "wrong body length for its type" },
		{ h.len + tag <= math.min(avail, MTU_MAX - HDR_LEN), "longer than its frame" },
		{ h.slot < SLOTS_MAX, "no such slot" },
		{ h.frag < FRAGS_MAX, "no such fragment" },
		{ h.flags <= F_ALL, "unknown flag" },
		{ h.status <= #statuses, "unknown status" },
		{ h.slots <= SLOTS_MAX, "too many slots" },
	})
end

local function is_sealed(tvb, pinfo, h)
	h.crc = crc32c(raw(tvb, 0, 8) .. "\0\0\0\0" .. raw(tvb, 12, 28))
	return h.crc ~= tvb:range(8, 4):uint() and
	       security_of[tostring(pinfo.dl_dst) .. "/" .. h.session] ~= 0
end

local function add_header(tvb, tree, h, sealed)
	local flags = add(tree, tvb, f.flags, 1, 1)

	for _, name in ipairs({ "probe", "echo", "slow", "reply" }) do
		add(flags, tvb, f["flags_" .. name], 1, 1)
	end
	add_all(tree, tvb, 2, HDR_BEGIN)
	add_made(tree, f.encrypted, sealed)
	if sealed then
		add(tree, tvb, f.counter, 8, 8)
	else
		checksum(tree, f.hcrc, f.hcrc_ok, tvb, 8, h.crc)
		h.pcrc = HDR_LEN + h.len <= tvb:len() and rmap.prefs.body_crc and
			 crc32c(raw(tvb, HDR_LEN, h.len))
		checksum(tree, f.pcrc, f.pcrc_ok, tvb, 12, h.pcrc)
	end
	add_all(tree, tvb, 16, HDR_MIDDLE)
	local status = add(tree, tvb, f.status, 30, 1)

	if h.type == T.REP and h.status ~= 0 then
		status:add_proto_expert_info(x.status)
	end
	add_all(tree, tvb, 31, HDR_END)
end

local function add_body(tvb, pinfo, tree, h, sealed)
	local head = 0

	if sealed then
		add_some(tree, tvb, f.body, HDR_LEN, h.len)
		add(tree, tvb, f.tag, HDR_LEN + h.len, TAG_LEN)
		return
	end
	if h.type == T.NACK then
		add(tree, tvb, f.nack_mask, HDR_LEN, 8)
	elseif h.type == T.REQ or h.type == T.REP then
		if h.frag == 0 then
			head = h.head_len
			dissect_head(tvb, pinfo, tree, h)
		end
		add_some(tree, tvb, f.data, HDR_LEN + head, h.len - head)
	end
end

local function info_of(h, sealed)
	local text = ""

	if h.type == T.REQ or h.type == T.REP or h.type == T.NACK then
		text = (" slot %u seq %u"):format(h.slot, h.seq)
	end
	if h.type == T.REQ or h.type == T.REP then
		text = text .. " frag " .. h.frag
	end
	if h.type == T.REP then
		text = text .. " " .. (statuses[h.status] or "?")
	end
	return text .. (sealed and " (encrypted)" or "")
end

local function dissect_session(tvb, pinfo, tree)
	if tvb:reported_len() < HDR_LEN then
		malformed(tree, "shorter than a header")
		return
	elseif tvb:len() < HDR_LEN then
		return
	end
	local h = read_header(tvb)
	local sealed = is_sealed(tvb, pinfo, h)
	local rule = session_rule(tvb, h, sealed)
	local ends = HDR_LEN + h.len + (sealed and TAG_LEN or 0)

	pinfo.cols.info:append(info_of(h, sealed))
	add_header(tvb, tree, h, sealed)
	if rule then
		malformed(tree, rule)
		return
	end
	add_body(tvb, pinfo, tree, h, sealed)
	add_some(tree, tvb, f.padding, ends, tvb:len())
end

function rmap.dissector(tvb, pinfo, root)
	local len = tvb:len()

	if len == 0 then
		return 0
	end
	local type = tvb:range(0, 1):uint()
	local tree = root:add(rmap, tvb:range(0, len))

	pinfo.cols.protocol = "RMAP"
	pinfo.cols.info = types[type] or "unknown type " .. type
	tree:append_text(", " .. (types[type] or "unknown type"))
	tree:add(f.type, tvb:range(0, 1))
	if len < tvb:reported_len() then
		add_made(tree, f.truncated, true):add_proto_expert_info(x.truncated)
	end
	if type == T.ADVERT or type == T.SOLICIT then
		dissect_advert(tvb, pinfo, tree)
	elseif type == T.INIT or type == T.RESP then
		dissect_hs(tvb, pinfo, tree)
	elseif types[type] then
		dissect_session(tvb, pinfo, tree)
	else
		malformed(tree, "unknown type")
	end
	return len
end

---- The EtherType

local ethertypes = DissectorTable.get("ethertype")
local current = rmap.prefs.ethertype

ethertypes:add(current, rmap)

function rmap.prefs_changed()
	if rmap.prefs.ethertype ~= current then
		ethertypes:remove(current, rmap)
		current = rmap.prefs.ethertype
		ethertypes:add(current, rmap)
	end
end
