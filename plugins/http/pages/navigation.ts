/** A part of a console, with a page of its own. */
export interface Section {
  path: string
  /** The topic of its messages; `nav` is its name in the navigation. */
  topic: string
  /** Its place in the navigation: lower numbers come first. */
  order: number
}

export interface NavigationEntry {
  label: string
  href: string
  current: boolean
}

/** The sections of a console in their order, and which of them a page belongs to. */
export function navigation(sections: readonly Section[], path: string): (Section & { current: boolean })[] {
  const current = sections.filter(section => path === section.path || path.startsWith(`${section.path}/`))
  const nearest = current.toSorted((a, b) => b.path.length - a.path.length)[0]
  return sections.toSorted((a, b) => a.order - b.order).map(section => ({ ...section, current: section === nearest }))
}
