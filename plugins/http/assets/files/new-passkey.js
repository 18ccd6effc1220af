/* Adding a passkey: the browser makes it, and the form takes it along. */
{
  const { browserSupportsWebAuthn, startRegistration } = SimpleWebAuthnBrowser
  const form = document.querySelector('[data-new-passkey]')
  const unsupported = document.querySelector('[data-unsupported]')
  const message = form.querySelector('[role=alert]')

  const create = async () => {
    const response = await fetch(form.dataset.options, { method: 'POST', headers: { accept: 'application/json' } })
    // Too long ago: the page leads to where one authenticates again, and back.
    if (response.status === 401 || response.status === 403) return location.assign(location.href)
    const optionsJSON = await response.json()
    if (!response.ok) throw new Error(optionsJSON.message)
    form.elements.credential.value = JSON.stringify(await startRegistration({ optionsJSON }))
    form.submit()
  }

  // Closing the browser's dialog is no error.
  const show = error => {
    if (['AbortError', 'NotAllowedError'].includes(error.name)) return
    message.textContent = message.dataset[error.name === 'InvalidStateError' ? 'known' : 'failed']
    message.hidden = false
    message.focus()
  }

  form.addEventListener('submit', event => {
    event.preventDefault()
    message.hidden = true
    create().catch(show)
  })
  form.hidden = !browserSupportsWebAuthn()
  unsupported.hidden = browserSupportsWebAuthn()
}
