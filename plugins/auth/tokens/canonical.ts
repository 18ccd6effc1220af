export interface Decoded {
  header: Record<string, unknown>
  payload: unknown
  signature: string
}

/** The one spelling of a token: no duplicate names, no white space, no other unused bits in the last character of its signature, the lower s. */
export function canonical({ header, payload, signature }: Decoded): string {
  const texts = [header, payload].map(part => Buffer.from(JSON.stringify(part)))
  const bytes = Buffer.from(signature, 'base64url')
  return [...texts, header.alg === 'ES256' ? withLowerS(bytes) : bytes]
    .map(part => part.toString('base64url'))
    .join('.')
}

/** The order of the curve P-256. @see https://doi.org/10.6028/NIST.SP.800-186 */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** ECDSA accepts (r, order − s) wherever it accepts (r, s), and anybody can compute it. */
export function withLowerS(signature: Buffer): Buffer {
  if (signature.length !== 64) return signature
  const s = BigInt(`0x${signature.toString('hex', 32)}`)
  if (s <= ORDER / 2n || s >= ORDER) return signature
  return Buffer.concat([signature.subarray(0, 32), Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex')])
}
