// Numbers and moments, as people of the chosen language read them.

import { language, t } from './texts.js';

const STEPS = [['day', 86_400], ['hour', 3600], ['minute', 60]];

export function ago(iso) {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  const step = STEPS.find(([, each]) => Math.abs(seconds) >= each);
  if (!step) return t('now');
  const [unit, size] = step;
  const words = new Intl.RelativeTimeFormat(language(), { numeric: 'auto', style: 'short' });
  return words.format(Math.trunc(seconds / size), unit);
}

export const moment = (iso) =>
  new Date(iso).toLocaleString(language(), { dateStyle: 'short', timeStyle: 'medium' });

export const clock = (iso) => new Date(iso).toLocaleTimeString(language(), { hour: '2-digit', minute: '2-digit' });

export const number = (value) => Number(value).toLocaleString(language(), { maximumFractionDigits: 6 });

/** As the command line says it: from a thousand on in GB. */
export function megabytes(value) {
  if (value === null || value === undefined) return '–';
  return value >= 1000 ? `${number((value / 1000).toFixed(1))} GB` : `${Math.round(value)} MB`;
}

export function duration(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${number(Math.floor(seconds / 86_400))} d`;
}

/** WhatsApp's way: +55 11 99999-9999. */
export function phone(digits) {
  const brazilian = /^55(\d\d)(\d{4,5})(\d{4})$/.exec(digits ?? '');
  if (brazilian) return `+55 ${brazilian[1]} ${brazilian[2]}-${brazilian[3]}`;
  return digits ? `+${digits}` : '–';
}
