/** Questions asked before, latest first, each once. */
const mostQuestions = 50;

export function rememberQuestion(history: readonly string[], question: string): readonly string[] {
  const asked = question.trim();
  return asked === '' ? history : [asked, ...history.filter((known) => known !== asked)].slice(0, mostQuestions);
}
