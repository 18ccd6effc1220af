/**
 * Fills cards one after another, each with as much as fits: every card is valid by itself, and none needs a second QR code.
 * @param fits is asked for one item, too: one that does not fit has a card of its own
 */
export function pack<Item>(items: readonly Item[], fits: (card: Item[]) => boolean): Item[][] {
  const cards: Item[][] = []
  for (const item of items) {
    const last = cards.at(-1)
    if (last && fits([...last, item])) last.push(item)
    else cards.push([item])
  }
  return cards
}
