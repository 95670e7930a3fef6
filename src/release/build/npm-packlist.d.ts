declare module 'npm-packlist' {
  /** The part of an Arborist node that is read when no bundled dependencies are to be gathered. */
  interface Tree {
    path: string
    package: object
    isProjectRoot: boolean
    edgesOut: Map<string, never>
  }

  /** Paths relative to `tree.path`, with forward slashes. */
  export default function packlist(tree: Tree): Promise<string[]>
}
