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
local types = {}
for name, n in pairs(T) do
	types[n] = name
end
local statuses = { [0] = "OK", "BUSY", "INVAL", "STALE", "FENCED", "NOSPC", "REFUSED", "NOSERVICE" }
local securities = { [0] = "none", "noise" }
local loads = { [0] = "ok", "pressured", "draining", "full", "stopped" }
local OP = { READ = 1, WRITE = 2, ZERO = 3, EXTENT_OPEN = 16, EXTENT_CLOSE = 17,
	     VOLUME_RELEASE = 18, EXTENT_LIST = 19 }
local ops = {}
for name, n in pairs(OP) do
	ops[n] = name
end
local F_PROBE, F_ECHO, F_SLOW, F_REPLY, F_ALL = 0x01, 0x02, 0x04, 0x08, 0x0f

---- Fields

local f, m, x = {}, {}, {}

local function field(list, proto, name, kind, title, ...)
	local key = name:gsub("%.", "_")

	list[key] = ProtoField[kind](proto .. "." .. name, title, ...)
end

local function flag(list, proto, name, title, width, mask)
	list[name:gsub("%.", "_")] = ProtoField.bool(proto .. "." .. name, title, width, nil, mask)
end

field(f, "rmap", "type", "uint8", "Type", base.DEC, types)
field(f, "rmap", "flags", "uint8", "Flags", base.HEX)
flag(f, "rmap", "flags.probe", "Probe", 8, F_PROBE)
flag(f, "rmap", "flags.echo", "Echo", 8, F_ECHO)
flag(f, "rmap", "flags.slow", "Slow", 8, F_SLOW)
flag(f, "rmap", "flags.reply", "Reply", 8, F_REPLY)
field(f, "rmap", "len", "uint16", "Body length")
field(f, "rmap", "session", "uint32", "Session index", base.HEX)
field(f, "rmap", "counter", "uint64", "Counter")
field(f, "rmap", "hcrc", "uint32", "Header CRC32C", base.HEX)
flag(f, "rmap", "hcrc.ok", "Header CRC32C is right")
field(f, "rmap", "pcrc", "uint32", "Body CRC32C", base.HEX)
flag(f, "rmap", "pcrc.ok", "Body CRC32C is right")
field(f, "rmap", "seq", "uint32", "Sequence number")
field(f, "rmap", "slot", "uint16", "Slot")
field(f, "rmap", "frag", "uint8", "Fragment")
field(f, "rmap", "head_len", "uint8", "Head length")
field(f, "rmap", "data_len", "uint32", "Data length")
field(f, "rmap", "present", "uint16", "Pages present", base.HEX)
field(f, "rmap", "status", "uint8", "Status", base.DEC, statuses)
field(f, "rmap", "slots", "uint8", "Slots granted")
field(f, "rmap", "ts", "uint32", "Time stamp (us)")
field(f, "rmap", "ts_echo", "uint32", "Time stamp echoed (us)")
flag(f, "rmap", "encrypted", "Encrypted")
field(f, "rmap", "request_in", "framenum", "Request in")
field(f, "rmap", "nack.mask", "uint64", "Missing fragments", base.HEX)
field(f, "rmap", "echo.reply_len", "uint32", "Data wanted")
field(f, "rmap", "echo.zero", "uint32", "Zero")
field(f, "rmap", "body", "bytes", "Body")
field(f, "rmap", "data", "bytes", "Data")
field(f, "rmap", "tag", "bytes", "Tag")
field(f, "rmap", "padding", "bytes", "Padding")
flag(f, "rmap", "malformed", "Malformed")
flag(f, "rmap", "truncated", "Not captured whole")

field(f, "rmap", "hs.version", "uint8", "Version")
field(f, "rmap", "hs.len", "uint16", "Length with padding")
field(f, "rmap", "hs.sender", "uint32", "Sender's index", base.HEX)
field(f, "rmap", "hs.receiver", "uint32", "Receiver's index", base.HEX)
field(f, "rmap", "hs.key_id", "uint32", "Key id", base.HEX)
field(f, "rmap", "hs.security", "uint8", "Security", base.DEC, securities)
field(f, "rmap", "hs.zero", "bytes", "Zero")
field(f, "rmap", "hs.e", "bytes", "Ephemeral key")
field(f, "rmap", "hs.payload", "bytes", "Encrypted payload")
field(f, "rmap", "hs.tag", "bytes", "Tag")
field(f, "rmap", "hs.crc", "uint32", "CRC32C", base.HEX)
flag(f, "rmap", "hs.crc.ok", "CRC32C is right")

for _, which in ipairs({ "init", "resp" }) do
	field(f, "rmap", which .. ".node_id", "bytes", "Node id")
	field(f, "rmap", which .. ".incarnation", "uint64", "Incarnation", base.HEX)
	field(f, "rmap", which .. ".sender", "uint32", "Sender's index", base.HEX)
	field(f, "rmap", which .. ".mtu", "uint16", "MTU")
	field(f, "rmap", which .. ".slots", "uint8", "Slots")
	field(f, "rmap", which .. ".flags", "uint8", "Flags", base.HEX)
	flag(f, "rmap", which .. ".flags.resume", "Resume", 8, 0x01)
	field(f, "rmap", which .. ".name", "string", "Name")
end
field(f, "rmap", "init.session_id", "uint64", "Session id")
field(f, "rmap", "init.counter", "uint64", "Counter")
field(f, "rmap", "resp.receiver", "uint32", "Receiver's index", base.HEX)
field(f, "rmap", "resp.zero", "bytes", "Zero")

field(f, "rmap", "advert.version", "uint8", "Version")
field(f, "rmap", "advert.len", "uint16", "Length")
field(f, "rmap", "advert.key_id", "uint32", "Key id", base.HEX)
field(f, "rmap", "advert.node_id", "bytes", "Node id")
field(f, "rmap", "advert.incarnation", "uint64", "Incarnation", base.HEX)
field(f, "rmap", "advert.counter", "uint64", "Counter")
field(f, "rmap", "advert.capacity", "uint64", "Capacity (pages)")
field(f, "rmap", "advert.free", "uint64", "Free (pages)")
field(f, "rmap", "advert.interval_ms", "uint32", "Interval (ms)")
field(f, "rmap", "advert.mtu", "uint16", "MTU")
field(f, "rmap", "advert.load", "uint8", "Load", base.DEC, loads)
field(f, "rmap", "advert.security", "uint8", "Security", base.DEC, securities)
field(f, "rmap", "advert.name", "string", "Name")
field(f, "rmap", "advert.mac", "bytes", "MAC")
field(f, "rmap", "advert.crc", "uint32", "CRC32C", base.HEX)
flag(f, "rmap", "advert.crc.ok", "CRC32C is right")

field(m, "memx", "op", "uint8", "Operation", base.DEC, ops)
field(m, "memx", "page", "uint16", "First page")
field(m, "memx", "count", "uint16", "Pages")
field(m, "memx", "handle", "uint64", "Handle", base.HEX)
field(m, "memx", "generation", "uint32", "Generation")
field(m, "memx", "epoch", "uint32", "Owner epoch")
field(m, "memx", "value", "uint64", "Value of a page", base.HEX)
field(m, "memx", "volume", "bytes", "Volume")
field(m, "memx", "index", "uint64", "Extent")
field(m, "memx", "name", "string", "Volume's name")
field(m, "memx", "zero", "bytes", "Zero")
field(m, "memx", "written", "uint32", "Pages written")
field(m, "memx", "result.count", "uint32", "Count")
field(m, "memx", "result.more", "uint32", "More")
field(m, "memx", "head", "bytes", "Head")

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

local function all_zero(text)
	return not text:find("[^%z]")
end

local function checksum(tree, fld, fld_ok, tvb, at, crc)
	add(tree, tvb, fld, at, 4)
	if not crc then
		return
	end
	local ok = tvb:range(at, 4):uint() == crc
	local item = add_made(tree, fld_ok, ok)

	if not ok then
		item:add_proto_expert_info(x.checksum)
	end
	return ok
end

---- Advertisements

local function name_is_valid(text)
	local name = text:match("^([%w._-]+)%z+$")

	return name ~= nil
end

local function le(a, b)		-- of two strings of big-endian bytes
	return a <= b
end

local function advert_rule(tvb)
	local len = tvb:reported_len()

	if len < ADVERT_LEN then
		return "shorter than an advertisement"
	end
	if tvb:len() < ADVERT_LEN then
		return nil
	end
	local solicit = tvb:range(0, 1):uint() == T.SOLICIT
	local capacity, free = raw(tvb, 40, 8), raw(tvb, 48, 8)
	local interval, mtu = tvb:range(56, 4):uint(), tvb:range(60, 2):uint()
	local load = tvb:range(62, 1):uint()

	if tvb:range(2, 2):uint() ~= ADVERT_LEN then
		return "wrong length"
	elseif tvb:range(1, 1):uint() ~= VERSION then
		return "unknown version"
	elseif not securities[tvb:range(63, 1):uint()] then
		return "unknown security"
	elseif not loads[load] then
		return "unknown load"
	elseif mtu < MTU_MIN or mtu > MTU_MAX then
		return "MTU out of range"
	elseif all_zero(raw(tvb, 24, 8)) then
		return "no incarnation"
	elseif not name_is_valid(raw(tvb, 64, 32)) then
		return "bad name"
	elseif solicit then
		if not all_zero(raw(tvb, 40, 20)) or load ~= 0 then
			return "a solicitation offers something"
		end
	elseif interval < 100 or interval > 60000 then
		return "interval out of range"
	elseif not le(free, capacity) then
		return "more is free than there is"
	end
end

local function dissect_advert(tvb, pinfo, tree)
	local at = add_all(tree, tvb, 1, {
		{ f.advert_version, 1 }, { f.advert_len, 2 }, { f.advert_key_id, 4 },
		{ f.advert_node_id, 16 }, { f.advert_incarnation, 8 }, { f.advert_counter, 8 },
		{ f.advert_capacity, 8 }, { f.advert_free, 8 }, { f.advert_interval_ms, 4 },
		{ f.advert_mtu, 2 }, { f.advert_load, 1 }, { f.advert_security, 1 },
		{ f.advert_name, 32 },
	})

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
	local mtu = tvb:range(at + 44, 2):uint()
	local slots = tvb:range(at + 46, 1):uint()

	if tvb:range(at + 40, 4):uint() ~= tvb:range(4, 4):uint() then
		return "the payload names another index"
	elseif mtu < MTU_MIN or mtu > MTU_MAX or mtu ~= tvb:range(2, 2):uint() then
		return "wrong MTU"
	elseif slots == 0 or slots > SLOTS_MAX then
		return "slots out of range"
	elseif tvb:range(at + 47, 1):uint() > 1 then
		return "unknown flag"
	elseif tvb:range(at + 79, 1):uint() ~= 0 then
		return "the name has no end"
	elseif all_zero(raw(tvb, at + 16, 8)) then
		return "no incarnation"
	end
end

local function resp_rule(tvb, at)
	local slots = tvb:range(at + 34, 1):uint()

	if raw(tvb, at + 24, 8) ~= raw(tvb, 4, 8) then
		return "the payload names other indexes"
	elseif tvb:range(at + 32, 2):uint() ~= tvb:range(2, 2):uint() then
		return "wrong MTU"
	elseif slots == 0 or slots > SLOTS_MAX then
		return "slots out of range"
	elseif tvb:range(at + 35, 1):uint() > 1 then
		return "unknown flag"
	elseif tvb:range(at + 71, 1):uint() ~= 0 then
		return "the name has no end"
	end
end

local function hs_rule(tvb)
	if tvb:reported_len() < HS_FRAME_MIN then
		return "shorter than a handshake frame"
	elseif tvb:len() < HS_FRAME_MIN then
		return nil
	elseif tvb:range(1, 1):uint() ~= VERSION then
		return "unknown version"
	elseif not securities[tvb:range(16, 1):uint()] then
		return "unknown security"
	elseif not all_zero(raw(tvb, 17, 3)) then
		return "a hole is not zero"
	elseif tvb:range(2, 2):uint() > tvb:reported_len() then
		return "longer than its frame"
	elseif tvb:range(16, 1):uint() == 0 then
		local rule = tvb:range(0, 1):uint() == T.INIT and init_rule or resp_rule

		return rule(tvb, HS_LEN + HS_E_LEN)
	end
end

local function add_hs_flags(tree, tvb, which, at)
	local item = add(tree, tvb, f[which .. "_flags"], at, 1)

	if item then
		add(item, tvb, f[which .. "_flags_resume"], at, 1)
	end
	add(tree, tvb, f[which .. "_name"], at + (which == "init" and 1 or 5), 32)
end

local function dissect_payload(tvb, tree, which, at)
	if which == "init" then
		at = add_all(tree, tvb, at, {
			{ f.init_node_id, 16 }, { f.init_incarnation, 8 }, { f.init_session_id, 8 },
			{ f.init_counter, 8 }, { f.init_sender, 4 }, { f.init_mtu, 2 },
			{ f.init_slots, 1 },
		})
	else
		at = add_all(tree, tvb, at, {
			{ f.resp_node_id, 16 }, { f.resp_incarnation, 8 }, { f.resp_sender, 4 },
			{ f.resp_receiver, 4 }, { f.resp_mtu, 2 }, { f.resp_slots, 1 },
		})
		add(tree, tvb, f.resp_zero, at + 1, 4)
	end
	add_hs_flags(tree, tvb, which, at)
end

local function dissect_hs(tvb, pinfo, tree)
	local which = tvb:range(0, 1):uint() == T.INIT and "init" or "resp"
	local payload_len = which == "init" and INIT_LEN or RESP_LEN
	local at = add_all(tree, tvb, 1, {
		{ f.hs_version, 1 }, { f.hs_len, 2 }, { f.hs_sender, 4 }, { f.hs_receiver, 4 },
		{ f.hs_key_id, 4 }, { f.hs_security, 1 }, { f.hs_zero, 3 }, { f.hs_e, HS_E_LEN },
	})
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
		pinfo.cols.info:append(" " .. (securities[tvb:range(16, 1):uint()] or "?") .. ", " ..
				       tvb:range(2, 2):uint() .. " bytes")
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

local function data_request(tvb, tree, at, len)
	local page, count = tvb:range(at + 2, 2):uint(), tvb:range(at + 4, 2):uint()

	add_all(tree, tvb, at, {
		{ m.op, 1 }, { m.zero, 1 }, { m.page, 2 }, { m.count, 2 }, { m.zero, 2 },
		{ m.handle, 8 }, { m.generation, 4 }, { m.epoch, 4 },
	})
	add_values(tree, tvb, at + 24, len - 24)
	return " page " .. page .. " count " .. count
end

local function extent_request(tvb, tree, at)
	add_all(tree, tvb, at, {
		{ m.op, 1 }, { m.zero, 3 }, { m.generation, 4 }, { m.epoch, 4 }, { m.zero, 4 },
		{ m.volume, 16 }, { m.index, 8 }, { m.handle, 8 }, { m.name, 32 },
	})
	return " extent " .. tostring(tvb:range(at + 32, 8):uint64())
end

local function volume_request(tvb, tree, at)
	add_all(tree, tvb, at, {
		{ m.op, 1 }, { m.zero, 3 }, { m.epoch, 4 }, { m.volume, 16 }, { m.index, 8 },
	})
	return ""
end

requests[OP.READ] = { 24, data_request }
requests[OP.WRITE] = requests[OP.READ]
requests[OP.ZERO] = requests[OP.READ]
requests[OP.EXTENT_OPEN] = { 80, extent_request }
requests[OP.EXTENT_CLOSE] = requests[OP.EXTENT_OPEN]
requests[OP.VOLUME_RELEASE] = { 32, volume_request }
requests[OP.EXTENT_LIST] = requests[OP.VOLUME_RELEASE]

local function dissect_request(tvb, pinfo, tree, at, len)
	local op = tvb:range(at, 1):uint()
	local how = requests[op]
	local sub = tree:add(memx, tvb:range(at, len))

	if not how or len < how[1] then
		add(sub, tvb, m.op, at, 1)
		add_some(sub, tvb, m.head, at + 1, len - 1)
		return op
	end
	sub:append_text(", " .. ops[op])
	pinfo.cols.info:append(" " .. ops[op] .. how[2](tvb, sub, at, len))
	return op
end

local function dissect_reply(tvb, tree, at, len, op)
	local sub = tree:add(memx, tvb:range(at, len))

	sub:append_text(", reply" .. (ops[op] and " to " .. ops[op] or ""))
	if op == OP.READ then
		add_values(sub, tvb, at, len)
	elseif op == OP.EXTENT_OPEN and len == 16 then
		add_all(sub, tvb, at, { { m.handle, 8 }, { m.written, 4 }, { m.zero, 4 } })
	elseif (op == OP.VOLUME_RELEASE or op == OP.EXTENT_LIST) and len == 8 then
		add_all(sub, tvb, at, { { m.result_count, 4 }, { m.result_more, 4 } })
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
		add_all(tree, tvb, at, { { f.echo_reply_len, 4 }, { f.echo_zero, 4 } })
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

	if fixed[h.type] and h.len ~= fixed[h.type] then
		return "wrong body length for its type"
	elseif h.len + tag > avail or h.len + tag > MTU_MAX - HDR_LEN then
		return "longer than its frame"
	elseif h.slot >= SLOTS_MAX then
		return "no such slot"
	elseif h.frag >= FRAGS_MAX then
		return "no such fragment"
	elseif h.flags > F_ALL then
		return "unknown flag"
	elseif h.status > #statuses then
		return "unknown status"
	elseif h.slots > SLOTS_MAX then
		return "too many slots"
	end
end

local function is_sealed(tvb, pinfo, h)
	local header = raw(tvb, 0, 8) .. "\0\0\0\0" .. raw(tvb, 12, 28)

	h.crc = crc32c(header)
	if h.crc == tvb:range(8, 4):uint() then
		return false
	end
	return security_of[tostring(pinfo.dl_dst) .. "/" .. h.session] ~= 0
end

local function add_header(tvb, tree, h, sealed)
	local flags = add(tree, tvb, f.flags, 1, 1)

	for _, name in ipairs({ "probe", "echo", "slow", "reply" }) do
		add(flags, tvb, f["flags_" .. name], 1, 1)
	end
	add_all(tree, tvb, 2, { { f.len, 2 }, { f.session, 4 } })
	add_made(tree, f.encrypted, sealed)
	if sealed then
		add(tree, tvb, f.counter, 8, 8)
	else
		checksum(tree, f.hcrc, f.hcrc_ok, tvb, 8, h.crc)
		h.pcrc = HDR_LEN + h.len <= tvb:len() and rmap.prefs.body_crc and
			 crc32c(raw(tvb, HDR_LEN, h.len))
		checksum(tree, f.pcrc, f.pcrc_ok, tvb, 12, h.pcrc)
	end
	add_all(tree, tvb, 16, {
		{ f.seq, 4 }, { f.slot, 2 }, { f.frag, 1 }, { f.head_len, 1 }, { f.data_len, 4 },
		{ f.present, 2 },
	})
	local status = add(tree, tvb, f.status, 30, 1)

	if h.type == T.REP and h.status ~= 0 then
		status:add_proto_expert_info(x.status)
	end
	add_all(tree, tvb, 31, { { f.slots, 1 }, { f.ts, 4 }, { f.ts_echo, 4 } })
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
