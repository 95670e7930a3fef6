/**
 * Where each heading of a page can be linked to, as GitHub names it: in small letters, without punctuation, counted where a
 * heading comes again. Of equal headings the last one is meant.
 */
export function anchorsOf(headings: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>()
  return new Map(
    headings.map(heading => {
      const slug = heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-')
      const count = counts.get(slug) ?? 0
      counts.set(slug, count + 1)
      return [heading, count === 0 ? slug : `${slug}-${count}`]
    }),
  )
}
