import { GOOGLE } from '../../support/cards.ts'
import type { Samples } from '../../support/samples.ts'

const make = async () => GOOGLE

export default { 'text/vcard': make, 'text/x-vcard': make, 'text/directory': make } satisfies Samples
