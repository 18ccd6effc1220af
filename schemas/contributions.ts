/** What the files of a folder add up to: each exports an object, and declares its type in an interface that they share. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** All members of the objects that an interface lists, in one type. */
export type MergeOf<Declared, Member, Part = Declared[keyof Declared]> = (
  Part extends unknown
    ? (part: Part) => void
    : never
) extends (part: infer Members extends Record<string, Member>) => void
  ? Members
  : never

/** The objects that the files of the folder export, in one; in the order of the files' names. */
export async function mergeFolder(folder: string): Promise<object> {
  const files = readdirSync(folder).toSorted()
  const modules: Record<string, object>[] = await Promise.all(files.map(file => import(join(folder, file))))
  return Object.assign({}, ...modules.flatMap(module => Object.values(module)))
}
