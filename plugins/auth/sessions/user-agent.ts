import { BROWSER_MAP, OS_MAP, type Parser, parse } from 'bowser'

/** What a `User-Agent` header says of a device. Undefined where it says nothing that is known. */
interface Described {
  browser?: Part | undefined
  os?: Part | undefined
  platform?: string | undefined
}

interface Part {
  name: string
  version?: string | undefined
}

const browsers = new Set(Object.values(BROWSER_MAP))
const systems = new Set(Object.values(OS_MAP))

/** `141.0`, `10_15_7`, `NT 10.0`. */
const VERSION = /^(?:NT )?[\d._]{1,16}$/

/** Only names that the library has a list of: for others it takes the header's own words, which anybody writes, and which have no business on a page or in a mail. */
export function parseUserAgent(user_agent: string | null): Described {
  if (!user_agent) return {}
  const { browser, os, platform } = parse(user_agent)
  return { browser: known(browsers, browser), os: known(systems, os), platform: platform.type }
}

function known(names: Set<string>, { name, version, versionName }: Parser.OSDetails): Part | undefined {
  if (name === undefined || !names.has(name)) return undefined
  return { name, version: versionName ?? (version !== undefined && VERSION.test(version) ? version : undefined) }
}
