/** Text, so that HTML takes it for nothing else, also within an attribute's quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
