/** What other areas may use: the index of a subject as a card. */
export { default as SubjectIndexCard } from './SubjectIndexCard.vue'
