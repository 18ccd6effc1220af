const element = selector => document.querySelector(selector)

const service = element('meta[name=holocron]').content
element('#origin').textContent = location.origin
element('#service').textContent = service

element('form').addEventListener('submit', async event => {
  event.preventDefault()
  const token = new FormData(event.target).get('token')
  element('[role=status]').textContent = await ask(token)
})

async function ask(token) {
  let response
  try {
    // The header makes the browser ask first (a preflight), whether pages of this origin may.
    response = await fetch(`${service}/users/v1/me`, { headers: { authorization: `Bearer ${token}` } })
  } catch {
    // No response that this page may read: the browser's console says why.
    return `The browser does not let ${location.origin} read the response.`
  }
  const body = await response.json()
  if (!response.ok) return `The service refuses: ${body.message}`
  // Pictures are for pages of any origin.
  element('img').src = body.avatar_url ?? `${service}/avatars/default-${body.id}.svg`
  element('img').hidden = false
  return `You are ${body.email}.`
}
