import { basePath } from '../../config/base-path.ts'
import type { Config } from '../../config/index.ts'

/**
 * Open redirects: a page of ours, named by its path, or one of REDIRECT_URLS as it is written there. Nothing is compared by its beginning.
 * @returns the URL to redirect to; undefined if none is asked for, or another
 */
export function redirectTargets({ PUBLIC_URL, REDIRECT_URLS }: Pick<Config, 'PUBLIC_URL' | 'REDIRECT_URLS'>) {
  const allowed = new Set(REDIRECT_URLS.split(',').map(url => url.trim()))
  const { origin } = new URL(PUBLIC_URL)
  const base = basePath(PUBLIC_URL)

  return (redirectTo: string | undefined): string | undefined => {
    if (!redirectTo) return undefined
    return allowed.has(redirectTo) || isOwnPage(redirectTo) ? redirectTo : undefined
  }

  /** By its path, or in full. Only as URLs are normally spelled: browsers read a backslash as a slash, skip tabs and resolve dots. */
  function isOwnPage(text: string): boolean {
    const full = /^\/(?!\/)/.test(text) ? origin + text : text
    const url = URL.parse(full)
    return url?.href === full && full.startsWith(`${origin}/`) && `${url.pathname}/`.startsWith(`${base}/`)
  }
}
