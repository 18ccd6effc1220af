/**
 * What a browser does between the service's redirect to a provider and the provider's redirect back: follows redirects with cookies, as long
 * as they stay with the provider.
 * @returns the URL of the callback, with its parameters
 * @throws Error with the page's text if the provider shows one instead
 */
export async function visit(authorizeUrl: string): Promise<URL> {
  const { origin } = new URL(authorizeUrl)
  const cookies = new Map<string, string>()
  let url = new URL(authorizeUrl)
  while (url.origin === origin) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    for (const cookie of response.headers.getSetCookie()) remember(cookies, cookie)
    const location = response.headers.get('location')
    const page = await response.text()
    if (location === null) throw new Error(`${url.pathname}: ${response.status} ${page}`)
    url = new URL(location, url)
  }
  return url
}

function remember(cookies: Map<string, string>, cookie: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
  if (value === '') cookies.delete(name)
  else cookies.set(name, value)
}
