import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/events', component: () => import('./EventList.vue'), meta: { title: ['重点事件', 'Events'], needs: ['events.read'], nav: { group: 'work', order: 40 } } },
  { path: '/events/new', component: () => import('./EventNew.vue'), meta: { title: ['立卷', 'Open a case file'], needs: ['events.read', 'events.write'] } },
  { path: '/events/:id(\\d+)', component: () => import('./EventDetail.vue'), props: (to) => ({ id: Number(to.params['id']) }), meta: { title: ['重点事件', 'Event'], needs: ['events.read'] } },
] satisfies RouteRecordRaw[]
