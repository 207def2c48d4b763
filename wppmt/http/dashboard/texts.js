// What the page says, in Portuguese and English.

import { EN_REASONS, EN_REMEDIES } from './reasons_en.js';
import { EN, PT } from './words.js';

const KEPT = 'wppmt.language';
const LANGUAGES = { 'pt-BR': PT, en: EN };
let chosen = localStorage.getItem(KEPT) in LANGUAGES ? localStorage.getItem(KEPT) : 'pt-BR';

export const language = () => chosen;

export function chooseLanguage(name) {
  chosen = name;
  localStorage.setItem(KEPT, name);
}

/** The text of this name, with what belongs into its {places}. */
export function t(name, places = {}) {
  const text = LANGUAGES[chosen][name] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, place) => String(places[place] ?? ''));
}

let remedies = {};

/** What to do about each reason, as the gateway says it: there is more than one way to learn of a reason. */
export async function loadRemedies() {
  const answer = await fetch('/dashboard/remedies.json').catch(() => null);
  if (answer?.ok) remedies = await answer.json();
}

/** The gateway says reasons in Portuguese; their codes have the English. */
export const reasonOf = (session) => (chosen === 'en' && EN_REASONS[session.reasonCode]) || session.reason;
export const remedyOf = (session) => (chosen === 'en' ? EN_REMEDIES : remedies)[session.reasonCode] ?? '';
