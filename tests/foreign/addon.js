// addon.js ADDON SOURCE DEST: clones with the addon of @reflink/reflink.
const [addon, from, to] = process.argv.slice(2);
try {
    process.exitCode = require(addon).reflinkFileSync(from, to) ? 1 : 0;
} catch (error) {
    process.exitCode = 1;
}
