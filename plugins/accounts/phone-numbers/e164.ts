/** Phone numbers as machines dial them. @see https://www.itu.int/rec/T-REC-E.164 */
import type { CountryCode } from 'libphonenumber-js'

export type ToE164 = (typed: string | null | undefined) => string | null

/**
 * Loads the parser, with its metadata of all countries: half a megabyte, for the first phone number and not at the start.
 * @param region of numbers without `+`, in ISO 3166-1 letters
 * @returns a function that returns null for what is no number, or a national one without a region; extensions are left out
 */
export async function loadE164(region: string | undefined): Promise<ToE164> {
  const { isSupportedCountry, parsePhoneNumberFromString } = await import('libphonenumber-js/min')
  const known = (code: string | undefined): code is CountryCode => code !== undefined && isSupportedCountry(code)
  const options = { extract: false, ...(known(region) && { defaultCountry: region }) }
  return typed => {
    const number = typed ? parsePhoneNumberFromString(typed, options) : undefined
    return number?.isPossible() ? number.number : null
  }
}
