import { type Change, ServiceError } from 'holocron-browser'
import { api, client } from './service.ts'

const MESSAGES: Record<Change, string> = { login: '', logout: 'You are logged out.', expired: 'Please log in again.' }

const form = element('form', HTMLFormElement)
const films = element('#films', HTMLElement)
const status = element('[role=status]', HTMLElement)

client.onChange(change => {
  status.textContent = MESSAGES[change]
  render().catch(explain)
})

form.addEventListener('submit', event => {
  event.preventDefault()
  const fields = new FormData(form)
  logIn(String(fields.get('email')), String(fields.get('password'))).catch(explain)
})

element('#films button', HTMLButtonElement).addEventListener('click', () => client.logOut().catch(explain))

async function logIn(email: string, password: string): Promise<void> {
  const challenge = await client.logIn({ email, password })
  if (!challenge) return
  const otp = prompt('The code of your authenticator app')
  if (otp) await client.finishLogIn({ mfa_token: challenge.mfa_token, otp })
}

async function render(): Promise<void> {
  const loggedIn = client.userId !== undefined
  form.hidden = loggedIn
  films.hidden = !loggedIn
  if (!loggedIn) return
  const { data } = await api.GET('/films/v1/')
  const items = (data?.results ?? []).map(({ title }) => {
    const item = document.createElement('li')
    item.textContent = title
    return item
  })
  element('#films ul', HTMLElement).replaceChildren(...items)
}

function explain(error: unknown): void {
  status.textContent =
    error instanceof ServiceError ? `That did not work: ${error.message}` : 'The service cannot be reached.'
}

function element<Kind extends Element>(selector: string, kind: new () => Kind): Kind {
  const found = document.querySelector(selector)
  if (!(found instanceof kind)) throw new Error(`no ${selector}`)
  return found
}

render().catch(explain)
