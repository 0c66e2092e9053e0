import { words } from '@/i18n/words'

export default words({
  product: ['风险预警', 'Risk early warning'],
  signIn: ['登录', 'Sign in'],
  name: ['账号', 'Account'],
  password: ['密码', 'Password'],
  code: ['动态口令或恢复码', 'One-time code or recovery code'],
  codeNeeded: ['此账号启用了动态口令，请输入', 'This account has a second factor: enter its code'],
  sso: ['统一身份登录', 'Single sign-on'],
  otherLanguage: ['English', '中文'],
  mustChange: ['首次登录须先修改密码', 'A one-time password must be changed first'],
  oldPassword: ['原密码', 'Present password'],
  newPassword: ['新密码', 'New password'],
  change: ['修改密码', 'Change the password'],
  mustEnrol: ['按规定须先启用动态口令：用手机上的验证器扫描，再输入显示的六位数字', 'A second factor is required: scan this with an authenticator and enter the six digits it shows'],
  confirm: ['确认', 'Confirm'],
  keepCodes: ['恢复码，每个只能用一次，请妥善保存；只显示这一次', 'Recovery codes, each good once. Keep them safe: they are shown this once'],
  goOn: ['我已保存，继续', 'I have kept them: go on'],
  secret: ['密钥', 'Secret'],
})
