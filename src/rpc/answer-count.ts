/** What a peer has answered since it was told to count. */
export interface AnswerCount {
  /** Responses that were sent to their end. */
  answers: number
  /** Of these, those with a status of 500 or more. */
  errors: number
}

/** With fewer answers nothing is decided: one bad one among three says nothing. */
export const LEAST_ANSWERS = 20
