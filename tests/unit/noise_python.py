#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The handshake against an independent implementation.

Noise_NNpsk0_25519_ChaChaPoly_SHA256 written from the specification on Python's cryptography package
talks with noise_peer (our C code) in both roles, with random keys, prologues and payloads; what
must be refused is offered to both.

Usage: noise_python.py PEER [ROUNDS] [SEED]
"""

import hashlib
import hmac
import random
import subprocess
import sys

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError:
    sys.exit("noise_python.py needs Python's cryptography package: install python3-cryptography")

NAME = b"Noise_NNpsk0_25519_ChaChaPoly_SHA256"
PAYLOAD_MAX = 240
PROLOGUE_MAX = 256


class Noise:
    """One end of the handshake; sections 5.1 to 5.3 and 9 of the specification."""

    def __init__(self, prologue, psk):
        # The name is longer than 32 bytes, so its hash is taken.
        self.h = hashlib.sha256(NAME).digest()
        self.ck = self.h
        self.key = None
        self.nonce = 0
        self.psk = psk
        self.private = None
        self.remote = None
        self.mix_hash(prologue)

    def mix_hash(self, data):
        self.h = hashlib.sha256(self.h + data).digest()

    def hkdf(self, material, count):
        temp = hmac.digest(self.ck, material, "sha256")
        outputs, last = [], b""
        for i in range(1, count + 1):
            last = hmac.digest(temp, last + bytes([i]), "sha256")
            outputs.append(last)
        return outputs

    def mix_key(self, material):
        self.ck, self.key = self.hkdf(material, 2)
        self.nonce = 0

    def token_psk(self):
        self.ck, temp_hash, key = self.hkdf(self.psk, 3)
        self.mix_hash(temp_hash)
        self.key, self.nonce = key, 0

    def token_e_write(self, secret):
        self.private = X25519PrivateKey.from_private_bytes(secret)
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.mix_hash(public)
        self.mix_key(public)
        return public

    def token_e_read(self, public):
        self.mix_hash(public)
        self.mix_key(public)
        return X25519PublicKey.from_public_bytes(public)

    def crypt(self, data, seal):
        box = ChaCha20Poly1305(self.key)
        nonce = bytes(4) + self.nonce.to_bytes(8, "little")
        out = (box.encrypt if seal else box.decrypt)(nonce, data, self.h)
        self.mix_hash(out if seal else data)
        self.nonce += 1
        return out

    def write1(self, secret, payload):
        self.token_psk()
        return self.token_e_write(secret) + self.crypt(payload, True)

    def read1(self, message):
        self.token_psk()
        self.remote = self.token_e_read(message[:32])
        return self.crypt(message[32:], False)

    def write2(self, secret, payload):
        public = self.token_e_write(secret)
        self.mix_key(self.private.exchange(self.remote))
        return public + self.crypt(payload, True)

    def read2(self, message):
        remote = self.token_e_read(message[:32])
        self.mix_key(self.private.exchange(remote))
        return self.crypt(message[32:], False)

    def split(self):
        return b"".join(self.hkdf(b"", 2))


class Peer:
    """The same calls, answered by the C program."""

    def __init__(self, program):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([program], stdin=pipe, stdout=pipe, text=True)

    def call(self, verb, *args):
        words = [verb] + [a.hex() or "-" for a in args]
        try:
            print(*words, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline().strip()
        if not line:
            sys.exit(f"noise_peer ended at: {verb}")
        if line == "reject":
            raise InvalidTag
        return b"" if line in ("-", "ok") else bytes.fromhex(line)

    def begin(self, prologue, psk):
        self.call("begin", prologue, psk)
        return self

    def __getattr__(self, verb):
        if verb == "h":
            return self.call("hash")
        return lambda *args: self.call(verb, *args)

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


class Run:
    def __init__(self, program, seed):
        self.rng = random.Random(seed)
        self.peer = Peer(program)
        self.passed = 0
        self.failed = 0

    def check(self, what, good):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {what}")

    def bytes(self, least, most=None):
        return self.rng.randbytes(self.rng.randint(least, least if most is None else most))

    def flip(self, data):
        bit = self.rng.randrange(8 * len(data))
        return bytes(b ^ (1 << bit % 8 if i == bit // 8 else 0) for i, b in enumerate(data))

    def pair(self, c_begins, prologue, psk, other_prologue=None, other_psk=None):
        """Initiator and target; one of them in C."""
        first, second = (prologue, psk), (other_prologue or prologue, other_psk or psk)
        if c_begins:
            return self.peer.begin(*first), Noise(*second)
        return Noise(*first), self.peer.begin(*second)

    def refused(self, what, call, *args):
        try:
            call(*args)
        except InvalidTag:
            return self.check(what, True)
        return self.check(what, False)

    def whole(self, c_begins):
        role = "C to Python" if c_begins else "Python to C"
        ini, tgt = self.pair(c_begins, self.bytes(0, PROLOGUE_MAX), self.bytes(32))
        one, two = self.bytes(0, PAYLOAD_MAX), self.bytes(0, PAYLOAD_MAX)
        try:
            got = tgt.read1(ini.write1(self.bytes(32), one))
            self.check(f"{role}: first payload", got == one)
            got = ini.read2(tgt.write2(self.bytes(32), two))
            self.check(f"{role}: second payload", got == two)
        except InvalidTag:
            return self.check(f"{role}: the handshake was refused", False)
        self.check(f"{role}: handshake hash", ini.h == tgt.h)
        return self.check(f"{role}: session keys", ini.split() == tgt.split())

    def rejects(self, c_begins):
        role = "C to Python" if c_begins else "Python to C"
        prologue, psk = self.bytes(1, PROLOGUE_MAX), self.bytes(32)
        one, two = self.bytes(0, PAYLOAD_MAX), self.bytes(0, PAYLOAD_MAX)

        ini, tgt = self.pair(c_begins, prologue, psk, other_psk=self.flip(psk))
        self.refused(f"{role}: wrong psk", tgt.read1, ini.write1(self.bytes(32), one))
        ini, tgt = self.pair(c_begins, prologue, psk, other_prologue=self.flip(prologue))
        self.refused(f"{role}: wrong prologue", tgt.read1, ini.write1(self.bytes(32), one))
        ini, tgt = self.pair(c_begins, prologue, psk)
        message = self.flip(ini.write1(self.bytes(32), one))
        self.refused(f"{role}: flipped bit in the first message", tgt.read1, message)
        ini, tgt = self.pair(c_begins, prologue, psk)
        try:
            tgt.read1(ini.write1(self.bytes(32), one))
        except InvalidTag:
            return self.check(f"{role}: the first message was refused", False)
        message = self.flip(tgt.write2(self.bytes(32), two))
        return self.refused(f"{role}: flipped bit in the second message", ini.read2, message)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32)
    run = Run(sys.argv[1], seed)
    for _ in range(rounds):
        for c_begins in (True, False):
            run.whole(c_begins)
            run.rejects(c_begins)
    run.check("noise_peer ends without a complaint", run.peer.end() == 0)
    print(f"python: {run.passed} passed, {run.failed} failed (seed {seed})")
    sys.exit(1 if run.failed else 0)


if __name__ == "__main__":
    main()
