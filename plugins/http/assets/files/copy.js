/* Copies what is shown before the button; selects it where the browser does not allow that. */
for (const copy of document.querySelectorAll('[data-copy]')) {
  const [button, status] = [copy.querySelector('button'), copy.querySelector('[role=status]')]
  const secret = copy.previousElementSibling

  const say = () => {
    status.textContent = copy.dataset.copied
  }
  const select = () => getSelection().selectAllChildren(secret)

  button.addEventListener('click', () => navigator.clipboard.writeText(secret.textContent).then(say, select))
  copy.hidden = !navigator.clipboard
}
