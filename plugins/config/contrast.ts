/** Colors as `#rrggbb`, and whether they can be told apart. */

/** For text of any size, WCAG 2.2 AA (1.4.3). */
export const TEXT_CONTRAST = 4.5

/** The darkest background of light pages, and the lightest of dark ones. */
export const LIGHT_BACKGROUND = '#f4f5f8'
export const DARK_BACKGROUND = '#1d2129'

/**
 * From 1 (the same) to 21 (black on white).
 * @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
 */
export function contrast(a: string, b: string): number {
  const [lighter = 0, darker = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (lighter + 0.05) / (darker + 0.05)
}

/** The least lightened shade that is legible on the background. */
export function lightenedFor(background: string, color: string): string {
  for (let share = 0; share < 1; share += 0.05) {
    const shade = mix(color, share)
    if (contrast(shade, background) >= TEXT_CONTRAST) return shade
  }
  return '#ffffff'
}

function mix(color: string, white: number): string {
  const parts = channels(color).map(value => Math.round(value + (255 - value) * white))
  return `#${parts.map(value => value.toString(16).padStart(2, '0')).join('')}`
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map(value => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function channels(color: string): number[] {
  return [1, 3, 5].map(start => Number.parseInt(color.slice(start, start + 2), 16))
}
