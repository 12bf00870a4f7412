// A small app as its authors would write it for Slack: nothing here knows of
// the simulator, only the address of the Web API comes from outside.
const { App } = require('@slack/bolt');

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

const form = (channel) => ({
  type: 'modal',
  callback_id: 'declare',
  private_metadata: channel,
  title: { type: 'plain_text', text: 'Declare' },
  submit: { type: 'plain_text', text: 'Go' },
  blocks: [
    { type: 'input', block_id: 'title', label: { type: 'plain_text', text: 'Title' }, element: { type: 'plain_text_input', action_id: 'text' } },
    {
      type: 'input', block_id: 'severity', label: { type: 'plain_text', text: 'Severity' },
      element: {
        type: 'static_select', action_id: 'level',
        options: ['1', '2'].map((n) => ({ text: { type: 'plain_text', text: `SEV${n}` }, value: n })),
      },
    },
    { type: 'input', block_id: 'service', optional: true, label: { type: 'plain_text', text: 'Service' }, element: { type: 'external_select', action_id: 'name', min_query_length: 0 } },
  ],
});

app.command('/declare', async ({ ack, body, client }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: form(body.channel_id) });
});

app.options('name', async ({ ack, options }) => {
  const names = ['checkout', 'payments'].filter((n) => n.startsWith(options.value));
  await ack({ options: names.map((n) => ({ text: { type: 'plain_text', text: n }, value: n })) });
});

app.view('declare', async ({ ack, view, body, client }) => {
  const { title, severity, service } = view.state.values;
  if (title.text.value.length < 5) {
    await ack({ response_action: 'errors', errors: { title: 'Say a little more.' } });
    return;
  }
  await ack();
  const name = service.name.selected_option ? ` (${service.name.selected_option.value})` : '';
  await client.chat.postMessage({
    channel: view.private_metadata,
    text: `SEV${severity.level.selected_option.value}: ${title.text.value}${name}`,
    metadata: { event_type: 'declared', event_payload: { by: body.user.id } },
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*${title.text.value}*` } },
      { type: 'actions', elements: [{ type: 'button', action_id: 'take', text: { type: 'plain_text', text: 'Take' }, value: 'it', style: 'primary' }] },
    ],
  });
});

app.action('take', async ({ ack, action, body, client, respond }) => {
  await ack();
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: `<@${body.user.id}> took ${action.value}`, blocks: [] });
  await client.reactions.add({ channel: body.channel.id, timestamp: body.message.ts, name: 'white_check_mark' });
  await respond({ text: 'Thank you', replace_original: false });
});

app.event('app_mention', async ({ event, say }) => {
  await say({ text: `Hello <@${event.user}>`, thread_ts: event.ts });
});

app.event('app_home_opened', async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [{ type: 'header', text: { type: 'plain_text', text: 'Welcome' } }] } });
});

app.command('/report', async ({ ack, body, client }) => {
  await ack({ response_type: 'ephemeral', text: 'Uploading' });
  await client.filesUploadV2({ channel_id: body.channel_id, filename: 'report.md', content: '# Report\n', title: 'Report', initial_comment: 'Here it is' });
});

app.start();
