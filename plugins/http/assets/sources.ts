/** Where assets come from: the files in files/, and what is made from the settings. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DARK_BACKGROUND, lightenedFor } from '../../config/contrast.ts'
import type { Config } from '../../config/index.ts'

type Branding = Pick<Config, 'APP_NAME' | 'APP_COLOR'>

const FOLDER = join(import.meta.dirname, 'files')

let files: Set<string> | undefined

/** What precedes a file. */
const HEADS: Record<string, (branding: Branding) => string> = {
  'style.css': palette,
  // In the same file: a module would have to name its import with its hash.
  'passkeys.js': webauthnLibrary,
  'new-passkey.js': webauthnLibrary,
}

/** The text of an asset, or undefined if there is none of that name. */
export function sourceOf(name: string, branding: Branding): string | undefined {
  if (name === 'icon.svg') return icon(branding)
  // The name comes from a URL.
  files ??= new Set(readdirSync(FOLDER))
  if (!files.has(name)) return undefined
  const text = readFileSync(join(FOLDER, name), 'utf8')
  // The reasons are for those who read the source.
  return (
    (HEADS[name]?.(branding) ?? '') + (name.endsWith('.css') ? text.replace(/\/\*[\s\S]*?\*\/\n*|^ +/gm, '') : text)
  )
}

/** The accent color as custom properties, for light and for dark pages. */
function palette({ APP_COLOR }: Branding): string {
  return `:root{--accent-light:${APP_COLOR};--accent-dark:${lightenedFor(DARK_BACKGROUND, APP_COLOR)}}\n`
}

/** The first letter of the product's name on its color, for browser tabs. */
function icon({ APP_NAME, APP_COLOR }: Branding): string {
  const [first] = new Intl.Segmenter().segment(APP_NAME)
  const letter = (first?.segment ?? '').toUpperCase().replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${APP_COLOR}"/><text x="16" y="23" font-family="system-ui, sans-serif" font-size="20" font-weight="700" text-anchor="middle" fill="#fff">${letter}</text></svg>\n`
}

/** Defines `SimpleWebAuthnBrowser`. */
function webauthnLibrary(): string {
  const entry = createRequire(import.meta.url).resolve('@simplewebauthn/browser')
  return `${readFileSync(join(entry, '../../dist/bundle/index.umd.min.js'), 'utf8')}\n`
}
