// The common emoji by the names Slack gives them.

const table = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|100 💯|1234 🔢|ok_hand 👌|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|point_up ☝️|point_right 👉|
point_left 👈|point_down 👇|raised_hand ✋|hand ✋|fist ✊|v ✌️|crossed_fingers 🤞|handshake 🤝|writing_hand ✍️|eyes 👀|eye 👁️|brain 🧠|
smile 😄|smiley 😃|grinning 😀|grin 😁|laughing 😆|joy 😂|rofl 🤣|slightly_smiling_face 🙂|upside_down_face 🙃|wink 😉|blush 😊|innocent 😇|
heart_eyes 😍|kissing_heart 😘|yum 😋|stuck_out_tongue 😛|thinking_face 🤔|neutral_face 😐|expressionless 😑|no_mouth 😶|smirk 😏|unamused 😒|
face_with_rolling_eyes 🙄|grimacing 😬|relieved 😌|pensive 😔|sleepy 😪|sleeping 😴|mask 😷|nauseated_face 🤢|sneezing_face 🤧|hot_face 🥵|cold_face 🥶|
dizzy_face 😵|exploding_head 🤯|face_with_cowboy_hat 🤠|partying_face 🥳|sunglasses 😎|nerd_face 🤓|confused 😕|worried 😟|slightly_frowning_face 🙁|
open_mouth 😮|hushed 😯|astonished 😲|flushed 😳|pleading_face 🥺|cry 😢|sob 😭|scream 😱|disappointed 😞|sweat 😓|sweat_smile 😅|weary 😩|tired_face 😫|
yawning_face 🥱|triumph 😤|rage 😡|angry 😠|skull 💀|ghost 👻|alien 👽|robot_face 🤖|hankey 💩|poop 💩|see_no_evil 🙈|facepalm 🤦|shrug 🤷|salute 🫡|saluting_face 🫡|
fire 🔥|boom 💥|collision 💥|sparkles ✨|star ⭐|star2 🌟|zap ⚡|dizzy 💫|rocket 🚀|tada 🎉|confetti_ball 🎊|balloon 🎈|gift 🎁|trophy 🏆|medal 🏅|dart 🎯|
rotating_light 🚨|warning ⚠️|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|construction 🚧|x ❌|o ⭕|heavy_check_mark ✔️|white_check_mark ✅|ballot_box_with_check ☑️|
heavy_multiplication_x ✖️|heavy_plus_sign ➕|heavy_minus_sign ➖|negative_squared_cross_mark ❎|question ❓|grey_question ❔|exclamation ❗|heavy_exclamation_mark ❗|bangbang ‼️|
interrobang ⁉️|information_source ℹ️|recycle ♻️|arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrows_counterclockwise 🔄|
arrow_heading_up ⤴️|arrow_heading_down ⤵️|leftwards_arrow_with_hook ↩️|arrow_right_hook ↪️|rewind ⏪|fast_forward ⏩|arrow_forward ▶️|double_vertical_bar ⏸️|
black_square_for_stop ⏹️|repeat 🔁|twisted_rightwards_arrows 🔀|new 🆕|sos 🆘|ok 🆗|up 🆙|cool 🆒|free 🆓|
red_circle 🔴|large_orange_circle 🟠|orange_circle 🟠|large_yellow_circle 🟡|yellow_circle 🟡|large_green_circle 🟢|green_circle 🟢|large_blue_circle 🔵|blue_circle 🔵|
large_purple_circle 🟣|purple_circle 🟣|white_circle ⚪|black_circle ⚫|large_brown_circle 🟤|red_square 🟥|large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨|
large_green_square 🟩|large_blue_square 🟦|white_large_square ⬜|black_large_square ⬛|small_red_triangle 🔺|small_red_triangle_down 🔻|large_blue_diamond 🔷|large_orange_diamond 🔶|
small_blue_diamond 🔹|small_orange_diamond 🔸|radio_button 🔘|black_small_square ▪️|white_small_square ▫️|
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|zero 0️⃣|keycap_ten 🔟|hash #️⃣|
pushpin 📌|round_pushpin 📍|paperclip 📎|link 🔗|memo 📝|pencil 📝|pencil2 ✏️|clipboard 📋|page_facing_up 📄|page_with_curl 📃|bookmark 🔖|bookmark_tabs 📑|books 📚|book 📖|
open_book 📖|notebook 📓|ledger 📒|scroll 📜|newspaper 📰|file_folder 📁|open_file_folder 📂|card_index 📇|card_file_box 🗃️|file_cabinet 🗄️|wastebasket 🗑️|calendar 📆|date 📅|
spiral_calendar_pad 🗓️|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|mag 🔍|mag_right 🔎|lock 🔒|unlock 🔓|closed_lock_with_key 🔐|key 🔑|hammer 🔨|
wrench 🔧|hammer_and_wrench 🛠️|nut_and_bolt 🔩|gear ⚙️|toolbox 🧰|test_tube 🧪|microscope 🔬|satellite 🛰️|satellite_antenna 📡|electric_plug 🔌|battery 🔋|bulb 💡|flashlight 🔦|
computer 💻|desktop_computer 🖥️|keyboard ⌨️|printer 🖨️|floppy_disk 💾|minidisc 💽|cd 💿|package 📦|inbox_tray 📥|outbox_tray 📤|mailbox 📫|email 📧|e-mail 📧|envelope ✉️|
incoming_envelope 📨|phone ☎️|telephone ☎️|telephone_receiver 📞|pager 📟|iphone 📱|calling 📲|bell 🔔|no_bell 🔕|mega 📣|loudspeaker 📢|mute 🔇|speaker 🔈|sound 🔉|loud_sound 🔊|
speech_balloon 💬|left_speech_bubble 🗨️|thought_balloon 💭|zzz 💤|hourglass ⌛|hourglass_flowing_sand ⏳|watch ⌚|alarm_clock ⏰|stopwatch ⏱️|timer_clock ⏲️|
clock1 🕐|clock3 🕒|clock6 🕕|clock9 🕘|clock12 🕛|crescent_moon 🌙|sunny ☀️|partly_sunny ⛅|cloud ☁️|rain_cloud 🌧️|thunder_cloud_and_rain ⛈️|snowflake ❄️|umbrella ☔|rainbow 🌈|ocean 🌊|
globe_with_meridians 🌐|earth_africa 🌍|earth_americas 🌎|earth_asia 🌏|seedling 🌱|evergreen_tree 🌲|four_leaf_clover 🍀|rose 🌹|sunflower 🌻|
dog 🐶|cat 🐱|bug 🐛|ant 🐜|bee 🐝|spider 🕷️|snail 🐌|turtle 🐢|snake 🐍|whale 🐳|penguin 🐧|owl 🦉|unicorn_face 🦄|dragon 🐉|sloth 🦥|
coffee ☕|tea 🍵|beer 🍺|beers 🍻|wine_glass 🍷|champagne 🍾|pizza 🍕|hamburger 🍔|taco 🌮|popcorn 🍿|cake 🍰|birthday 🎂|cookie 🍪|apple 🍎|banana 🍌|avocado 🥑|hot_pepper 🌶️|
car 🚗|bus 🚌|train 🚆|airplane ✈️|ship 🚢|ambulance 🚑|fire_engine 🚒|police_car 🚓|helicopter 🚁|traffic_light 🚦|vertical_traffic_light 🚦|checkered_flag 🏁|triangular_flag_on_post 🚩|
waving_white_flag 🏳️|black_flag 🏴|house 🏠|office 🏢|factory 🏭|hospital 🏥|bank 🏦|classical_building 🏛️|tent ⛺|
heart ❤️|orange_heart 🧡|yellow_heart 💛|green_heart 💚|blue_heart 💙|purple_heart 💜|black_heart 🖤|white_heart 🤍|broken_heart 💔|two_hearts 💕|sparkling_heart 💖|
bust_in_silhouette 👤|busts_in_silhouette 👥|man 👨|woman 👩|baby 👶|female-firefighter 👩‍🚒|male-firefighter 👨‍🚒|firefighter 🧑‍🚒|technologist 🧑‍💻|female-technologist 👩‍💻|male-technologist 👨‍💻|
detective 🕵️|sleuth_or_spy 🕵️|cop 👮|guardsman 💂|construction_worker 👷|superhero 🦸|mage 🧙|ninja 🥷|runner 🏃|walking 🚶|dancer 💃|
shield 🛡️|anchor ⚓|compass 🧭|ring_buoy 🛟|lifebuoy 🛟|helmet_with_white_cross ⛑️|pill 💊|syringe 💉|adhesive_bandage 🩹|stethoscope 🩺|crystal_ball 🔮|game_die 🎲|jigsaw 🧩|art 🎨|
musical_note 🎵|headphones 🎧|microphone 🎤|movie_camera 🎥|camera 📷|tv 📺|video_game 🎮|moneybag 💰|dollar 💵|credit_card 💳|scales ⚖️|chains ⛓️|magnet 🧲|ladder 🪜|
telescope 🔭|label 🏷️|ticket 🎫|shopping_trolley 🛒|door 🚪|bed 🛏️|broom 🧹|soap 🧼|bomb 💣|dagger_knife 🗡️|crossed_swords ⚔️|hole 🕳️|thread 🧵|identification_card 🪪|
ballot_box_with_ballot 🗳️|fast_down_button ⏬|arrow_double_down ⏬|arrow_double_up ⏫|arrow_up_small 🔼|arrow_down_small 🔽|flag-de 🇩🇪|flag-us 🇺🇸|flag-gb 🇬🇧|flag-fr 🇫🇷|us 🇺🇸|de 🇩🇪|gb 🇬🇧|fr 🇫🇷`;

const byName = new Map(table.replaceAll('\n', '').split('|').map((entry) => {
  const at = entry.lastIndexOf(' ');
  return [entry.slice(0, at), entry.slice(at + 1)];
}));

/** emoji returns the characters for a name without colons, or null. */
export function emoji(name) {
  const [base] = String(name).split('::');
  const chars = byName.get(base);
  return chars && drawable(chars) ? chars : null;
}

const drawn = new Map();
let pen = null;

/** drawable reports whether this machine's fonts have the emoji; if not, its name is easier to read than a box. */
function drawable(chars) {
  const first = String.fromCodePoint(chars.codePointAt(0));
  if (!drawn.has(first)) drawn.set(first, picture(first) !== picture('\u{10FFFE}'));
  return drawn.get(first);
}

function picture(char) {
  if (!pen) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 20;
    pen = canvas.getContext('2d', { willReadFrequently: true });
    pen.textBaseline = 'top';
    pen.font = '16px "Noto Color Emoji", "Apple Color Emoji", "Segoe UI Emoji", sans-serif';
  }
  pen.clearRect(0, 0, 20, 20);
  pen.fillText(char, 0, 0);
  return pen.getImageData(0, 0, 20, 20).data.join();
}

/** known reports whether there is an emoji of that name, drawable here or not. */
export const known = (name) => byName.has(String(name).split('::')[0]);

const byChars = new Map([...byName].map(([name, chars]) => [chars.replace('\uFE0F', ''), name]));

/** missingName is the name of an emoji that stands in a text as itself but cannot be drawn here, or null. */
export function missingName(chars) {
  return drawable(chars) ? null : byChars.get(chars.replace('\uFE0F', '')) ?? null;
}

/** withEmoji replaces every :name: it knows in plain text. */
export function withEmoji(text) {
  return String(text).replace(/:([a-z0-9_+'-]+)(?:::skin-tone-[2-6])?:/g, (all, name) => emoji(name) ?? all);
}

/** emojiNames lists the names that begin with or contain the text, best first. */
export function emojiNames(text, limit = 8) {
  const begins = [], contains = [];
  for (const name of byName.keys()) {
    if (name.startsWith(text)) begins.push(name);
    else if (name.includes(text)) contains.push(name);
  }
  return [...begins, ...contains].slice(0, limit);
}

/** quick are the ones offered first when reacting. */
export const quick = ['pushpin', 'eyes', 'white_check_mark', '+1', 'raised_hands', 'fire', 'tada', 'heart', 'rotating_light', 'memo', 'pray', 'joy'];
