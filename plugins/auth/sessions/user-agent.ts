import { type Parser, parse } from 'bowser'

/** What a `User-Agent` header says of a device. Unknown values are undefined. */
export function parseUserAgent(user_agent: string | null): Parser.ParsedResult {
  return user_agent ? parse(user_agent) : { browser: {}, os: {}, platform: {}, engine: {} }
}
