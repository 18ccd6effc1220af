/** Throws unless both are equal; TypeScript then knows that they are. */
export function expect<T>(actual: unknown, expected: T): asserts actual is T {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}

/** The value, unless there is none. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is missing`)
  return value
}

declare const process: { argv: string[] }

/** Where the service is: the program's only argument. */
export const baseUrl = present(process.argv[2], 'the base URL')

/** A user that nobody else has signed up as. */
export const newUser = () => ({ email: `leia-${crypto.randomUUID()}@alderaan.example`, password: 'Alderaan1977' })

/** The token in the link of a mail, once the mail has arrived. */
export async function mailedToken(readMails: () => Promise<{ text: string }[]>): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [mail] = await readMails()
    if (mail) return present(/[?&]token=([\w-]+)/.exec(mail.text)?.[1], 'the token of the link')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('no mail has arrived')
}
