import { createClient, ServiceError } from './client/index.ts'

const element = selector => document.querySelector(selector)

const session = new URLSearchParams(location.search).get('session') ?? 'browser'
export const client = createClient(element('meta[name=holocron]').content, { session })

/** The login that waits for a second factor. */
let challenge

client.onChange(change => {
  say({ login: '', logout: 'You are logged out.', expired: 'Please log in again.' }[change])
  render()
})

onSubmit('#login', async ({ email, password }, button) => {
  if (button.value === 'passkey') return client.logInByPasskey()
  if (button.value === 'sign-up') {
    await client.signUp({ email, password })
    return say('Follow the link in the e-mail that we have sent you, then log in.')
  }
  challenge = await client.logIn({ email, password })
  render()
})

onSubmit('#code', async ({ otp }) => {
  await client.finishLogIn({ mfa_token: challenge.mfa_token, otp })
  challenge = undefined
  render()
})

element('#films button').addEventListener('click', () => client.logOut().catch(explain))

function onSubmit(selector, act) {
  element(selector).addEventListener('submit', event => {
    event.preventDefault()
    say('')
    act(Object.fromEntries(new FormData(event.target)), event.submitter).catch(explain)
  })
}

function say(text) {
  element('[role=status]').textContent = text
}

const WORDS = {
  'not-found': 'The e-mail address or the password is wrong.',
  'password-invalid':
    'The password is wrong, or too weak for a new one: it needs 8 characters, with upper case, lower case and a digit.',
  'password-too-common': 'This password is too common. Choose another one.',
  'user-already-exists': 'There is an account with this address already. Log in instead.',
  'email-unverified': 'Confirm your address first: the link is in the e-mail that we have sent you.',
  'otp-invalid': 'This code is wrong, or was used already.',
  'passkey-invalid': 'No account opens with this passkey.',
  'token-invalid': 'That took too long. Log in again.',
  'too-many-attempts': 'Too many attempts. Wait a while.',
}

function explain(error) {
  if (error instanceof ServiceError) return say(WORDS[error.code] ?? `That did not work: ${error.code}`)
  // The browser does not tell a page whether there was no passkey, or the user closed the dialog.
  if (error.name === 'NotAllowedError')
    return say('No passkey was used: there may be none for this site on this device.')
  say('The service cannot be reached.')
}

async function render() {
  const loggedIn = client.userId !== undefined
  element('#login').hidden = loggedIn || challenge !== undefined
  element('#code').hidden = loggedIn || challenge === undefined
  element('#films').hidden = !loggedIn
  if (loggedIn) await showFilms().catch(explain)
}

async function showFilms() {
  const response = await client.fetch('/films/v1/')
  if (!response.ok) return
  const { results } = await response.json()
  const items = results.map(({ title }) => Object.assign(document.createElement('li'), { textContent: title }))
  element('#films ul').replaceChildren(...items)
}

// With a cookie, only the service knows who is logged in.
if (session === 'cookie') await client.me().catch(explain)
render()
