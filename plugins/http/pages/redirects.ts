import type { Config } from '../../config/index.ts'

/**
 * Open redirects: a page of ours, named by its path, or one of REDIRECT_URLS as it is written there. Nothing is compared by its beginning.
 * @returns the URL to redirect to; undefined if none is asked for, or another
 */
export function redirectTargets({ PUBLIC_URL, REDIRECT_URLS }: Pick<Config, 'PUBLIC_URL' | 'REDIRECT_URLS'>) {
  const allowed = new Set(REDIRECT_URLS.split(',').map(url => url.trim()))
  const { origin, pathname } = new URL(PUBLIC_URL)
  const base = pathname.replace(/\/$/, '')

  return (redirectTo: string | undefined): string | undefined => {
    if (!redirectTo) return undefined
    return allowed.has(redirectTo) || isOwnPage(redirectTo) ? redirectTo : undefined
  }

  /** Browsers read a backslash as a slash, and skip tabs and line breaks: a path has neither, and begins with one slash. */
  function isOwnPage(path: string): boolean {
    if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path)) return false
    const url = URL.parse(path, origin)
    return url?.origin === origin && `${url.pathname}/`.startsWith(`${base}/`)
  }
}
