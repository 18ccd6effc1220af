/** A line of a card as a property. Versions 2.1 to 4.0 differ in what follows the name. */
import type { Line } from './lines.ts'

export interface Property {
  line: number
  name: string
  /** Upper-case names and values; in vCard 2.1 a value may stand without a name. */
  parameters: string[]
  value: string
}

const PROPERTY = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)$/s

/** @returns undefined if it is none */
export function propertyOf({ number, text }: Line): Property | undefined {
  const [, name, parameters = '', value = ''] = PROPERTY.exec(text) ?? []
  if (name === undefined) return undefined
  return {
    line: number,
    name: name.toUpperCase(),
    parameters: parameters.toUpperCase().split(';').slice(1),
    value,
  }
}

/** Lower is preferred. @see https://www.rfc-editor.org/rfc/rfc6350#section-5.3 */
export function rankOf({ parameters }: Property): number {
  const pref = parameters.find(parameter => /^PREF=/.test(parameter))
  if (pref) return Number(pref.replace(/\D/g, '')) || 1
  return parameters.some(parameter => /(?:^|[=,"])PREF(?:$|[,"])/.test(parameter)) ? 1 : 101
}

/** Has the year been made up, because vCard 3.0 has no form without one? */
export const omitsYear = ({ parameters, value }: Property) =>
  parameters.some(parameter => parameter === `X-APPLE-OMIT-YEAR=${value.slice(0, 4)}`)
