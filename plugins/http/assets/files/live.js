/* Brings the open page up to date when something that it shows was changed elsewhere. Where it cannot, the page stays as it is. */
{
  const main = document.querySelector('[data-live]')
  const status = document.querySelector('.changed')
  const switcher = document.querySelector('.following button')

  /** For what comes in many events, such as an import; doubled for as long as there are more. */
  const SETTLED_MS = 300
  const SETTLED_MAX_MS = 5000
  /** After the stream was refused: too many pages are open, or the service is busy. */
  const REFUSED_MS = 30_000

  /** Screen readers hear of updates this often at most. */
  const ANNOUNCED_MS = 30_000

  const PAUSED = 'holocron-paused'
  const isPaused = () => sessionStorage.getItem(PAUSED) !== null
  /** Browsers and the service allow few streams: only pages that are looked at have one. */
  const isWanted = () => !document.hidden && !isPaused()

  const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

  const isChanged = ({ type, value, defaultValue, checked, defaultChecked, options, selectedIndex }) => {
    if (options)
      return (
        selectedIndex !==
        Math.max(
          [...options].findIndex(option => option.defaultSelected),
          0,
        )
      )
    return /^(checkbox|radio)$/.test(type) ? checked !== defaultChecked : value !== (defaultValue ?? value)
  }

  /** Is somebody typing, or has typed what would be lost? */
  const isInUse = () =>
    document.activeElement.matches('main :is(input, select, textarea)') ||
    [...main.querySelectorAll('input, select, textarea')].some(isChanged)

  /** Of what has the same attributes, only the content differs: rows, links and forms are told apart by theirs. */
  const isAlike = (node, fresh) => node.isEqualNode(fresh) || node.cloneNode().isEqualNode(fresh.cloneNode())

  const remove = node => {
    const next = node.nextSibling
    node.remove()
    return next
  }

  /** Touches only what differs: everything else keeps focus, selection and scrolling. */
  const merge = (node, fresh) => {
    let at = node.firstChild
    for (const child of [...fresh.childNodes]) {
      let match = at
      // Space is the same everywhere: it is no reason to remove what is in between.
      while (match && !isAlike(match, child)) match = child instanceof Text ? null : match.nextSibling
      if (match) {
        while (at !== match) at = remove(at)
        if (!match.isEqualNode(child)) merge(match, child)
        at = match.nextSibling
      } else node.insertBefore(child, at)
    }
    while (at) at = remove(at)
  }

  const say = what => status.replaceChildren(document.getElementById(what)?.content.cloneNode(true) ?? '')

  const isNotified = () => status.querySelector('p') !== null
  const notify = () => {
    if (!isNotified()) say('changed')
  }

  let isQuiet = false
  let isUnsaid = false
  const announce = () => {
    status.replaceChildren()
    isUnsaid = isQuiet
    if (isQuiet) return
    say('updated')
    isQuiet = true
    pause(ANNOUNCED_MS).then(() => {
      isQuiet = false
      if (isUnsaid && !isNotified()) announce()
    })
  }

  const show = fresh => {
    const parts = ['header', 'main'].map(name => [document.querySelector(name), fresh.querySelector(name)])
    if (parts.every(([part, other]) => part.isEqualNode(other))) return
    // Somebody else has signed in: what was opened as one person never becomes another's.
    const isAnothers = fresh.querySelector('[data-account]')?.dataset.account !== main.dataset.account
    if (isAnothers || isInUse() || document.documentElement.lang !== fresh.documentElement.lang) return notify()
    const focused = document.activeElement
    document.title = fresh.title
    for (const [part, other] of parts) merge(part, other)
    announce()
    if (!focused.isConnected) main.focus({ preventScroll: true })
  }

  /** @returns false if it is to be tried again */
  const refresh = async () => {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } })
    const text = await response.text()
    if (isPaused()) return false
    const isSignedOut = response.redirected && /\/signin$/.test(new URL(response.url).pathname)
    if (isSignedOut && !isInUse()) location.assign(response.url)
    else if (response.redirected || response.status === 404) notify()
    else if (response.ok) show(new DOMParser().parseFromString(text, 'text/html'))
    return response.status !== 429 && response.status < 500
  }

  let isDue = false
  let isBusy = false
  /** What is due when the page is paused or hidden stays due. */
  const update = async () => {
    isDue = true
    if (isBusy) return
    isBusy = true
    let max = SETTLED_MAX_MS
    for (let ms = SETTLED_MS; isDue && isWanted(); ms = Math.min(2 * ms, max)) {
      await pause(ms)
      if (!isWanted()) break
      isDue = false
      const isDone = await refresh().catch(() => false)
      max = isDone ? SETTLED_MAX_MS : REFUSED_MS
      isDue ||= !isDone
    }
    isBusy = false
  }

  let source
  let position
  const follow = () => {
    const url = new URL(main.dataset.stream, location)
    if (position) url.searchParams.set('after', position)
    source = new EventSource(url)
    // `begin` and `reset`: what changed before is unknown.
    for (const name of [...main.dataset.live.split(' '), 'begin', 'reset'])
      source.addEventListener(name, ({ lastEventId }) => {
        position = lastEventId
        update()
      })
    // Otherwise it comes back by itself.
    source.addEventListener('error', ({ target }) => {
      if (target.readyState !== EventSource.CLOSED) return
      update()
      pause(REFUSED_MS * (0.5 + Math.random())).then(() => {
        if (target === source) follow()
      })
    })
  }

  const followIfWanted = () => {
    switcher.textContent = isPaused() ? switcher.dataset.resume : switcher.dataset.pause
    if (!isWanted()) {
      source?.close()
      source = undefined
      return
    }
    if (!source || source.readyState === EventSource.CLOSED) follow()
    if (isDue) update()
  }

  /** What changes by itself can be paused (WCAG 2.2.2): in all pages of this tab, until it is resumed. */
  const togglePause = () => {
    if (isPaused()) sessionStorage.removeItem(PAUSED)
    else sessionStorage.setItem(PAUSED, '')
    followIfWanted()
  }

  const start = () => {
    switcher.addEventListener('click', togglePause)
    document.addEventListener('visibilitychange', followIfWanted)
    // The browser's own copy of a page, from before it was paused elsewhere.
    addEventListener('pageshow', ({ persisted }) => persisted && followIfWanted())
    followIfWanted()
  }
  // A layout of TEMPLATES_DIR may know nothing of it.
  if (main && status && switcher) start()
}
