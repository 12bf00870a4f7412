package slacksim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestPageRendersText compares what mrkdwn, Markdown and dates become. Styles are
// written as tags; attributes and wrappers are left out of the comparison.
func TestPageRendersText(t *testing.T) {
	a := start(t, Config{})
	a.server.UpdateUser("U0DEV1", func(u *User) { u.TZ = "Europe/Berlin" })
	ops := a.channel("ops")
	page := openTab(t, 800, 600)
	page.call("Page.navigate", map[string]any{"url": a.base + "/#/U0DEV1/" + ops})
	page.until(`document.querySelector('.channel-name')?.textContent === 'ops'`)
	page.eval(`window.plainly = (node) => {
		const box = document.createElement('div');
		box.append(node);
		box.querySelectorAll('.emoji, .emoji-icon, .emoji-dot, .emoji-name').forEach(n => n.replaceWith('[' + (n.title || n.textContent).replaceAll(':', '') + ']'));
		return box.innerHTML.replace(/<(\w+)[^>]*?( href="[^"]*")?[^>]*>/g, (all, tag, href) => '<' + tag + (href || '') + '>').replace(/<\/?(div|span)>/g, '');
	}`)
	render := func(module, function, text string) string {
		t.Helper()
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		answer := page.eval(fmt.Sprintf(`import('/%s').then(m => plainly(m.%s(%s)))`, module, function, quoted))
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatalf("%s: %s", text, answer)
		}
		return got
	}
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"},
		{"*bold* _italic_ ~gone~ `code`", "<strong>bold</strong> <em>italic</em> <del>gone</del> <code>code</code>"},
		{"*bold with _italic_ inside*", "<strong>bold with <em>italic</em> inside</strong>"},
		{"2*3*4 snake_case_name a ~ b", "2*3*4 snake_case_name a ~ b"},
		{"* not bold * and ** neither", "* not bold * and ** neither"},
		{"`*not bold*` *<https://example.com/a_b_c|a_b>*", `<code>*not bold*</code> <strong><a href="https://example.com/a_b_c">a_b</a></strong>`},
		{"```\n*code* &lt;b&gt;\n```after", "<pre>*code* &lt;b&gt;</pre>after"},
		{"an open ```fence", "an open ```fence"},
		{"&gt; quoted\n&gt; *twice*\nnot", "<blockquote>quoted<br><strong>twice</strong></blockquote>not"},
		{"a\nb\n\nc", "a<br>b<br><br>c"},
		{"&amp;lt; &lt;b&gt;", "&amp;lt; &lt;b&gt;"},
		{"<@U0DEV2> <@U9|gone> <@U9>", "<a>@dev2</a> <a>@gone</a> <a>@U9</a>"},
		{"<#" + ops + "|ops> <#C9|old> <#C9|>", "<a>#ops</a> #old #private-channel"},
		{"<!here> <!channel> <!subteam^S1|@oncall>", "@here @channel @oncall"},
		{"<mailto:a@example.com|mail> <tel:+491|call>", `<a href="mailto:a@example.com">mail</a> <a href="tel:+491">call</a>`},
		{"see https://example.com/x?a=1&amp;b=2.", `see <a href="https://example.com/x?a=1&amp;b=2">https://example.com/x?a=1&amp;b=2</a>.`},
		{"<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"},
		{"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		{":fire: :no_such_emoji: 10:30:45", "[fire] :no_such_emoji: 10:30:45"},
		{"<!date^1700000000^{date_num} {time_secs}|x>", "<time>2023-11-14 11:13:20 PM</time>"},
		{"<!date^1700000000^{date_long} at {time}^https://example.com|x>", `<a href="https://example.com/"><time>Tuesday, November 14th, 2023 at 11:13 PM</time></a>`},
		{"<!date^never^{date}|some day>", "some day"},
	} {
		if got := strings.ReplaceAll(render("mrkdwn.js", "mrkdwn", tt.in), "\u202f", " "); got != tt.want {
			t.Errorf("mrkdwn %q\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"# Title\ntext **bold** *it* ~~no~~ `x`", "<h3>Title</h3><p>text <strong>bold</strong> <em>it</em> <del>no</del> <code>x</code></p>"},
		{"- a\n- [ ] b\n1. c", "<ul><li>a</li><li>☐ b</li></ul><ol><li>c</li></ol>"},
		{"| A | B |\n|---|--:|\n| 1 | \\| |", "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td>|</td></tr></tbody></table>"},
		{"[x](javascript:alert%281%29) [y](https://example.com)", `<p>x <a href="https://example.com/">y</a></p>`},
		{"```go\n<b>\n```\n> q\n---", "<pre>&lt;b&gt;</pre><blockquote>q</blockquote><hr>"},
		{"<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"},
	} {
		if got := render("richtext.js", "markdown", tt.in); got != tt.want {
			t.Errorf("Markdown %q\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}
