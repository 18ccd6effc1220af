/** MAIL_FROM taken apart: as one text, a colon or a comma in the name would make it a group or a list of addresses (RFC 5322 §3.4). */
export function parseMailFrom(text: string): { name: string; address: string } {
  const [, name = '', address = text.trim()] = /^(.*)<([^<>]+)>$/s.exec(text.trim()) ?? []
  const quoted = /^"(.*)"$/s.exec(name.trim())?.[1]
  return { name: quoted?.replaceAll(/\\(.)/gs, '$1') ?? name.trim(), address: address.trim() }
}
