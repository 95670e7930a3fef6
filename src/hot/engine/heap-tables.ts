/** All objects there are, and who has whom: each node and each edge by its number. */
export interface Heap {
  nodes: number
  edges: number
  kindOf(node: number): string
  /** The name of its constructor, of a function, or of what the engine has itself. */
  nameOf(node: number): string
  /** Where the edges of a node begin; those of the next one begin where they end. */
  firstEdge(node: number): number
  edgeKind(edge: number): string
  /** Of a property or a variable; the index of an element. */
  edgeName(edge: number): string
  edgeTo(edge: number): number
}

interface Layout {
  node_fields: string[]
  node_types: [string[]]
  edge_fields: string[]
  edge_types: [string[]]
}

/** What a snapshot begins with: what its numbers mean. */
export interface Header {
  snapshot: { meta: Layout; node_count: number; edge_count: number }
}

/** Edges that have the number of an element for a name. */
const NUMBERED = new Set(['element', 'hidden'])

/** Takes the numbers of a snapshot in, one by one. */
export function createTables({ snapshot: { meta, node_count: nodes, edge_count: edges } }: Header) {
  const node = fieldsOf(meta.node_fields, ['type', 'name', 'edge_count'])
  const edge = fieldsOf(meta.edge_fields, ['type', 'name_or_index', 'to_node'])
  const [kinds] = meta.node_types
  const [edgeKinds] = meta.edge_types
  const nodeTable = [new Uint32Array(nodes), new Uint32Array(nodes), new Uint32Array(nodes + 1)] as const
  const edgeTable = [new Uint32Array(edges), new Uint32Array(edges), new Uint32Array(edges)] as const
  const [nodeKind, nodeName, first] = nodeTable
  const [edgeKind, edgeName, edgeTo] = edgeTable

  /** Puts numbers where they belong, field by field. */
  function filling(fields: number[], count: number, table: readonly Uint32Array[]) {
    let row = 0
    let field = 0
    return (number: number) => {
      const column = fields[field] ?? -1
      if (column >= 0) (table[column] as Uint32Array)[row] = number
      field += 1
      if (field < count) return
      field = 0
      row += 1
    }
  }

  const addNode = filling(node, meta.node_fields.length, nodeTable)
  const addEdge = filling(edge, meta.edge_fields.length, edgeTable)
  return {
    addNode,
    addEdge,
    heap: (strings: string[]): Heap => {
      let from = 0
      for (let index = 0; index <= nodes; index += 1) {
        const count = first[index] ?? 0
        first[index] = from
        from += count
      }
      if (from !== edges) throw new Error('a heap snapshot that ends too early')
      const width = meta.node_fields.length
      const kindOfEdge = (index: number) => edgeKinds[edgeKind[index] ?? 0] ?? ''
      return {
        nodes,
        edges,
        kindOf: index => kinds[nodeKind[index] ?? 0] ?? '',
        nameOf: index => strings[nodeName[index] ?? 0] ?? '',
        firstEdge: index => first[index] ?? edges,
        edgeKind: kindOfEdge,
        edgeName: index => {
          const name = edgeName[index] ?? 0
          return NUMBERED.has(kindOfEdge(index)) ? String(name) : (strings[name] ?? '')
        },
        edgeTo: index => (edgeTo[index] ?? 0) / width,
      }
    },
  }
}

/** For each field, the place among those that are wanted; -1 for any other. */
function fieldsOf(fields: string[], wanted: string[]): number[] {
  for (const name of wanted)
    if (!fields.includes(name)) throw new Error(`a heap snapshot whose objects have no \`${name}\``)
  return fields.map(field => wanted.indexOf(field))
}
