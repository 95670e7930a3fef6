import {
  type DocCodeSpan,
  type DocComment,
  type DocErrorText,
  type DocEscapedText,
  type DocFencedCode,
  type DocLinkTag,
  type DocNode,
  DocNodeKind,
  type DocPlainText,
} from '@microsoft/tsdoc'

/** A link to what `name` stands for, as Markdown. */
export type Link = (name: string) => string

/** A docstring, in parts of Markdown. */
export interface Comment {
  summary: string
  params: { name: string; text: string }[]
  returns: string
  throws: string[]
  examples: string[]
}

export function readComment(comment: DocComment | undefined, link: Link): Comment {
  const text = (node: DocNode | undefined) => (node ? write(node, link).trim() : '')
  const line = (node: DocNode | undefined) => text(node).replace(/\s+/g, ' ')
  const blocks = (tag: string) =>
    (comment?.customBlocks ?? [])
      .filter(({ blockTag }) => blockTag.tagName === tag)
      .map(({ content }) => content)
  return {
    summary: text(comment?.summarySection),
    params: (comment?.params.blocks ?? []).map(({ parameterName, content }) => ({
      name: parameterName,
      text: line(content),
    })),
    returns: line(comment?.returnsBlock?.content),
    throws: blocks('@throws').map(content =>
      line(content).replace(/^\{(\w+)\}/, (_, type: string) => link(type)),
    ),
    examples: blocks('@example').map(text),
  }
}

function write(node: DocNode, link: Link): string {
  switch (node.kind) {
    case DocNodeKind.PlainText:
      return (node as DocPlainText).text
    case DocNodeKind.ErrorText:
      return (node as DocErrorText).text
    case DocNodeKind.EscapedText:
      return (node as DocEscapedText).decodedText
    case DocNodeKind.SoftBreak:
      return '\n'
    case DocNodeKind.CodeSpan:
      return `\`${(node as DocCodeSpan).code}\``
    case DocNodeKind.FencedCode: {
      const { language, code } = node as DocFencedCode
      return `\`\`\`${language}\n${code.trimEnd()}\n\`\`\`\n\n`
    }
    case DocNodeKind.LinkTag:
      return link(nameOf(node as DocLinkTag))
    case DocNodeKind.Paragraph:
      return `${join(node.getChildNodes(), link).trim()}\n\n`
    default:
      return node
        .getChildNodes()
        .map(child => write(child, link))
        .join('')
  }
}

/**
 * The text of a paragraph. API Extractor loses the end of a line that comes before code or a link
 * (`trimSpacesInParagraph` of @microsoft/tsdoc drops it), and nobody writes a word and code without a space.
 */
const join = (nodes: readonly DocNode[], link: Link) =>
  nodes.reduce((text, node) => {
    const startsWord = node.kind === DocNodeKind.CodeSpan || node.kind === DocNodeKind.LinkTag
    return text + (startsWord && /[\w.,;:)`]$/.test(text) ? ' ' : '') + write(node, link)
  }, '')

/** `Peer.call` of `{@link Peer.call}`. */
function nameOf({ codeDestination }: DocLinkTag): string {
  const names = (codeDestination?.memberReferences ?? []).map(
    ({ memberIdentifier }) => memberIdentifier?.identifier,
  )
  return names.join('.')
}
