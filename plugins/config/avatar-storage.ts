export type AvatarStorage = { folder: string } | { bucket: string; prefix: string; endpoint?: string; region: string }

const PARAMETERS = ['endpoint', 'region']

/**
 * Reads AVATAR_STORAGE: a folder, or `s3://bucket/prefix?region=…&endpoint=…`.
 * @throws Error that says what is wrong
 */
export function parseAvatarStorage(text: string): AvatarStorage {
  if (!text.startsWith('s3:')) {
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) throw new Error('neither a folder nor an s3:// URL')
    return { folder: text }
  }
  const url = URL.parse(text)
  if (!url?.host || url.username || url.hash) throw new Error('not of the form s3://bucket?region=…')
  const unknown = [...url.searchParams.keys()].find(name => !PARAMETERS.includes(name))
  if (unknown) throw new Error(`unknown parameter "${unknown}"`)
  const endpoint = url.searchParams.get('endpoint')?.replace(/\/+$/, '')
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    throw new Error('its endpoint is not an http:// or https:// URL')
  const path = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '')
  return {
    bucket: url.host,
    prefix: path && `${path}/`,
    region: url.searchParams.get('region') ?? 'us-east-1',
    ...(endpoint !== undefined && { endpoint }),
  }
}
