/* Signing in with a passkey: by the suggestions of the e-mail field, or by the button that the page shows if the browser can. */
{
  const { browserSupportsWebAuthn, browserSupportsWebAuthnAutofill, startAuthentication } = SimpleWebAuthnBrowser
  const area = document.querySelector('[data-passkey]')
  const message = area?.querySelector('[role=alert]')
  const { options: optionsUrl, session: sessionUrl, next, remember } = area?.dataset ?? {}

  const post = async (url, body) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error((await response.json()).message)
    return response.json()
  }

  // Where the page has no checkbox for it, it was chosen on an earlier one.
  const isRemembered = () => document.querySelector('[type=checkbox][name=remember]')?.checked ?? remember !== 'false'

  const signIn = async useBrowserAutofill => {
    const optionsJSON = await post(optionsUrl)
    const credential = await startAuthentication({ optionsJSON, useBrowserAutofill })
    await post(sessionUrl + (isRemembered() ? '' : '?remember=false'), { credential })
    location.assign(next)
  }

  // Closing the browser's dialog is no error, nor is a suggestion that was not taken.
  const show = error => {
    if (['AbortError', 'NotAllowedError'].includes(error.name)) return
    message.hidden = false
    message.focus()
  }

  const start = async () => {
    const button = area.querySelector('button')
    area.hidden = false
    button.addEventListener('click', () => {
      message.hidden = true
      signIn(false).catch(show)
    })
    // Suggestions are an offer: where they fail, the button says why.
    if (document.querySelector('input[autocomplete$=webauthn]') && (await browserSupportsWebAuthnAutofill()))
      await signIn(true).catch(() => {})
  }

  if (area && browserSupportsWebAuthn()) start()
}
