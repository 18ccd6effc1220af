import { pbkdf2 } from '../algorithms/pbkdf2.ts'
import type { ForeignHash, Format } from '../foreign-hash.ts'

const BASE64 = /^A[A-Q][A-Za-z0-9+/]+={0,2}$/
const V2 = 0
const V3 = 1
/** Version 2 has fixed parameters: PBKDF2 with SHA-1, a salt of 16 bytes and a key of 32. */
const V2_ITERATIONS = 1000
const V2_LENGTH = 49
/** Indexed by the number of the pseudo-random function. */
const DIGESTS = ['sha1', 'sha256', 'sha512']
/** Version (1 byte); function, iterations and length of the salt (4 bytes each). */
const HEADER_LENGTH = 13

/** A binary structure in base64. @see https://github.com/dotnet/aspnetcore/blob/main/src/Identity/Extensions.Core/src/PasswordHasher.cs */
export const aspnetIdentity: Format = {
  name: 'ASP.NET Identity (AQAAAA…)',
  parse(hash) {
    if (!BASE64.test(hash)) return undefined
    const blob = Buffer.from(hash, 'base64')
    return blob[0] === V3 ? parseV3(blob) : parseV2(blob)
  },
}

function parseV2(blob: Buffer): ForeignHash | undefined {
  if (blob[0] !== V2 || blob.length !== V2_LENGTH) return undefined
  return pbkdf2('sha1', String(V2_ITERATIONS), blob.subarray(1, 17), blob.subarray(17))
}

function parseV3(blob: Buffer): ForeignHash | undefined {
  if (blob.length < HEADER_LENGTH) return undefined
  const digest = DIGESTS[blob.readUInt32BE(1)]
  const iterations = blob.readUInt32BE(5)
  const keyAt = HEADER_LENGTH + blob.readUInt32BE(9)
  if (digest === undefined || keyAt > blob.length) return undefined
  return pbkdf2(digest, String(iterations), blob.subarray(HEADER_LENGTH, keyAt), blob.subarray(keyAt))
}
