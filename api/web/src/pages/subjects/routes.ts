import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/subjects', component: () => import('./SubjectList.vue'), meta: { title: ['市场主体', 'Subjects'], needs: ['signals.read'], nav: { group: 'analysis', order: 2 } } },
  { path: '/subjects/:id(\\d+)', component: () => import('./SubjectDetail.vue'), props: true, meta: { title: ['监管信息链', 'Supervision chain'], needs: ['signals.read'] } },
] satisfies RouteRecordRaw[]
