import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/suppressions', component: () => import('./SuppressionList.vue'), meta: { title: ['抑制条件', 'Suppressions'], needs: ['suppressions.read'], nav: { group: 'analysis', order: 14 } } },
] satisfies RouteRecordRaw[]
