export interface Tag {
  name: string
  description: string
  /** Position in the document, from 0 to 99: only for what belongs before or after the resources. */
  order?: number
}

/** Resources stand in the middle, ordered by name. */
const MIDDLE = 50

export function inOrder(tags: Tag[]): Pick<Tag, 'name' | 'description'>[] {
  return tags
    .toSorted((a, b) => (a.order ?? MIDDLE) - (b.order ?? MIDDLE) || a.name.localeCompare(b.name))
    .map(({ name, description }) => ({ name, description }))
}
