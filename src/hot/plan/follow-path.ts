/** Properties that lead from what is followed to a part of it; `null` for whichever. */
export type Path = (string | null)[]

/** Something else was made, and this is in it, under that name. */
interface Inside {
  in: string | null
}

/** Where something stands that is followed: it may have been put into others, and taken out of them again. */
export type Way = (string | null | Inside)[]

const isInside = (step: Way[number] | undefined): step is Inside => typeof step === 'object' && step !== null

/** Without what was put somewhere and taken out again; `null` for what something else was taken out of it. */
function settled(way: Way): Way | null {
  const left: Way = []
  for (const step of way) {
    const last = left.at(-1)
    if (isInside(step) || !isInside(last)) left.push(step)
    else if (step === null || last.in === null || step === last.in) left.pop()
    else return null
  }
  return left
}

/** The same way for what is in there under a name. */
export const inside = (name: string, way: Way): Way => [{ in: name }, ...way]

/** Which part it is; `null` where it is none, but what it is in. */
export function partAt(way: Way): Path | null {
  const left = settled(way)
  return left === null || left.some(isInside) ? null : (left as Path)
}

/** Which part it is, be it in something else; with the way on from there. */
export function partWithin(way: Way): { path: Path; way: Way } | null {
  const left = settled(way)
  return left && { path: left.filter(step => !isInside(step)) as Path, way: left }
}
