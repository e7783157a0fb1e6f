/** The short names of common emoji. An unknown name stays as it was typed. */

const SETS = `
+1 👍|thumbsup 👍|-1 👎|ok_hand 👌|wave 👋|raised_hands 🙌|clap 👏|pray 🙏|muscle 💪|eyes 👀|point_right 👉|point_up ☝️|handshake 🤝
smile 😄|slightly_smiling_face 🙂|grin 😁|joy 😂|wink 😉|thinking_face 🤔|sweat_smile 😅|sob 😭|cry 😢|sunglasses 😎|sleeping 😴|shrug 🤷|tada 🎉
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|no_entry ⛔|no_entry_sign 🚫|warning ⚠️|rotating_light 🚨|bangbang ‼️|exclamation ❗|question ❓|information_source ℹ️
red_circle 🔴|large_red_square 🟥|large_orange_circle 🟠|large_orange_square 🟧|large_yellow_circle 🟡|large_yellow_square 🟨|large_green_circle 🟢|large_green_square 🟩|large_blue_circle 🔵|white_circle ⚪|black_circle ⚫|large_purple_circle 🟣
fire 🔥|zap ⚡|boom 💥|bell 🔔|no_bell 🔕|mute 🔇|loudspeaker 📢|mega 📣|zzz 💤|hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|alarm_clock ⏰|clock1 🕐|calendar 📅|date 📅|spiral_calendar_pad 🗓️
package 📦|truck 🚚|ship 🚢|airplane ✈️|factory 🏭|house 🏠|office 🏢|shopping_trolley 🛒|shopping_bags 🛍️|label 🏷️|receipt 🧾|credit_card 💳|moneybag 💰|euro 💶|dollar 💵|pound 💷|money_with_wings 💸|bank 🏦|gift 🎁
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|arrow_up ⬆️|arrow_down ⬇️|arrow_right ➡️|arrow_left ⬅️|arrow_upper_right ↗️|arrow_lower_right ↘️|small_red_triangle 🔺|small_red_triangle_down 🔻|repeat 🔁|arrows_counterclockwise 🔄
memo 📝|pencil2 ✏️|clipboard 📋|page_facing_up 📄|bookmark 🔖|link 🔗|paperclip 📎|mag 🔍|key 🔑|lock 🔒|unlock 🔓|gear ⚙️|wrench 🔧|hammer_and_wrench 🛠️|bulb 💡|email ✉️|envelope ✉️|inbox_tray 📥|outbox_tray 📤|telephone_receiver 📞|speech_balloon 💬|robot_face 🤖
sunny ☀️|cloud ☁️|snowflake ❄️|umbrella ☂️|star ⭐|sparkles ✨|rocket 🚀|checkered_flag 🏁|triangular_flag_on_post 🚩|dart 🎯|trophy 🏆|heart ❤️|green_heart 💚|blue_heart 💙|100 💯|coffee ☕|jeans 👖|shirt 👕|athletic_shoe 👟|pause_button ⏸️|double_vertical_bar ⏸️|arrow_forward ▶️|raising_hand 🙋|construction 🚧|seedling 🌱|test_tube 🧪|thread 🧵
`;

const TABLE = new Map(
  SETS.trim()
    .split(/[\n|]/)
    .map((pair) => pair.split(" ")),
);

/** The character of a short name, or null. Skin tones are dropped. */
export function emoji(name) {
  return TABLE.get(name.split("::")[0]) ?? null;
}

/** Plain text with its `:names:` turned into characters. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji(name) ?? whole);
}
