/** An ES module that does what most do: imports a built-in module and exports something. See `warm-up.ts`. */
import { sep } from 'node:path'

export const warm = sep
