/** `super` in a function, from outside: gets a property, or with `sets` sets it. `this` is that of the function. */
type SuperOf = (key: PropertyKey, value?: unknown, sets?: boolean) => unknown

/** What an object has to inherit from for `super` in its methods to mean what it means in another function. */
export function inherit(superOf: SuperOf): object {
  return new Proxy(Object.create(null) as object, {
    get: (_target, key) => superOf(key),
    set: (_target, key, value) => {
      superOf(key, value, true)
      return true
    },
  })
}
