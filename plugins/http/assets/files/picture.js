/* Shows the picture that was chosen as it will be: its middle, upright. Drawn, because the page's policy allows no image from elsewhere. */
{
  const input = document.querySelector('#avatar')
  const preview = document.querySelector('[data-preview]')
  const canvas = preview.querySelector('canvas')

  const draw = async file => {
    const image = await createImageBitmap(file)
    const side = Math.min(image.width, image.height)
    const [x, y] = [(image.width - side) / 2, (image.height - side) / 2]
    const context = canvas.getContext('2d')
    context.clearRect(0, 0, canvas.width, canvas.height)
    context.drawImage(image, x, y, side, side, 0, 0, canvas.width, canvas.height)
    image.close()
    preview.hidden = false
  }

  // The browser says so, and sends no form with such a file.
  const isTooLarge = file => file?.size > Number(input.dataset.maxBytes)

  // What a browser cannot show, the service may be able to read, and says so if not.
  input.addEventListener('change', () => {
    preview.hidden = true
    const [file] = input.files
    input.setCustomValidity(isTooLarge(file) ? input.dataset.tooLarge : '')
    if (isTooLarge(file)) input.reportValidity()
    else if (file) draw(file).catch(() => {})
  })
}
