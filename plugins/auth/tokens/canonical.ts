export interface Decoded {
  header: Record<string, unknown>
  payload: unknown
  signature: string
}

/** The one spelling of a token: no duplicate names, no white space, no other unused bits in the last character of its signature. */
export function canonical({ header, payload, signature }: Decoded): string {
  const texts = [header, payload].map(part => Buffer.from(JSON.stringify(part)))
  return [...texts, Buffer.from(signature, 'base64url')].map(part => part.toString('base64url')).join('.')
}
