-- The journal in Redis, format 1: one script for each question, each with the part before the first.
--
-- | key, all with one hash tag | holds |
-- |---|---|
-- | {NAME}:journal | hash: format, epoch, place, n, oldest |
-- | {NAME}:heads   | hash: stream -> number of its last entry, when it was last in use (ms) |
-- | {NAME}:names   | sorted set, all with score 0: streams that have a document |
-- | {NAME}:log     | stream: the entries, NUMBER-PART -> stream, effects, when (ms) |
-- | {NAME}:once    | hash: one-time id -> state, holder, until (ms), outcome, number |
-- | {NAME}:ids     | sorted set: one-time ids by when they were last written (ms) |
-- | {NAME}:s:STREAM | list of pairs: "dNUMBER", document; then "NUMBER:NUMBER BEFORE", effects |
--
-- Rule 1: a script checks everything, types of keys included, before it writes anything: what one
-- that fails has written stays.
--
-- Rule 2: each looks whether this is the server, and the history, that the numbers belong to. If
-- not, it answers with no epoch and has changed nothing; `greet` then begins a new one.
--
-- Rule 3: nothing here has a time to live. What Redis forgets by itself is gone without an entry.

local JOURNAL, HEADS, NAMES, LOG, ONCE, IDS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local function text(n) return string.format('%.0f', n) end

local function clock()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function place()
    return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') .. '/' ..
        string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end

local function another(epoch)
    local time = redis.call('TIME')
    return string.sub(redis.sha1hex(table.concat({epoch, place(), time[1], time[2]}, ' ')), 1, 12)
end

local function line()
    local j = redis.call('HMGET', JOURNAL, 'epoch', 'place', 'n', 'oldest')
    local epoch = j[2] == place() and j[1] or ''
    return epoch, tonumber(j[3] or '0'), tonumber(j[4] or '0')
end

local function head(value)
    if not value then return 0, 0 end
    local n, at = string.match(value, '(%d+):(%d+)')
    return tonumber(n), tonumber(at)
end

local function known(id, now, lifetime)
    local stored = redis.call('HGET', ONCE, id)
    if not stored then return nil end
    local at = redis.call('ZSCORE', IDS, id)
    if not at or tonumber(at) <= now - lifetime then return nil end
    return cmsgpack.unpack(stored)
end

local function behind(n, count)
    local from = text(n + 1) .. '-0'
    if not count then return redis.call('XRANGE', LOG, from, '+') end
    local found = redis.call('XRANGE', LOG, from, '+', 'COUNT', count)
    if #found == tonumber(count) then
        -- The entries of one number stay together.
        local last = found[#found][1]
        local rest = redis.call('XRANGE', LOG, '(' .. last, string.match(last, '%d+'))
        for _, entry in ipairs(rest) do found[#found + 1] = entry end
    end
    return found
end

-- ## greet: format, fresh epoch
local here = place()
local j = redis.call('HMGET', JOURNAL, 'format', 'place', 'epoch')
if j[1] and j[1] ~= ARGV[1] then return {'', j[1]} end
if not j[3] then
    if redis.call('EXISTS', HEADS, NAMES, LOG) > 0 then return {'', 'lost'} end
    redis.call('HSET', JOURNAL, 'format', ARGV[1], 'epoch', ARGV[2], 'place', here, 'n', 0, 'oldest', 0)
elseif j[2] ~= here then
    redis.call('HSET', JOURNAL, 'epoch', ARGV[2], 'place', here)
end
return {redis.call('HGET', JOURNAL, 'epoch'), ''}

-- ## cut: epoch, the highest number that was seen, fresh epoch
local epoch, n = line()
if epoch == ARGV[1] and n < tonumber(ARGV[2]) then redis.call('HSET', JOURNAL, 'epoch', ARGV[3]) end
return 0

-- ## describe:
local epoch, n, oldest = line()
return {epoch, n, oldest, redis.call('HLEN', HEADS), redis.call('HLEN', ONCE)}

-- ## load: stream
local epoch, n, oldest = line()
return {epoch, n, oldest, (head(redis.call('HGET', HEADS, ARGV[1]))), redis.call('LRANGE', KEYS[7], 0, -1)}

-- ## behind: number, limit
local epoch, n, oldest = line()
local from = tonumber(ARGV[1])
return {epoch, n, oldest, (from < n and from >= oldest) and behind(from, ARGV[2]) or {}}

-- ## claimed: id, lifetime (ms), replicas to wait for
local now = clock()
local once = known(ARGV[1], now, tonumber(ARGV[2]))
-- WAIT counts from this connection's last write, which may not have been that of the id.
if once and ARGV[3] ~= '0' then redis.call('HINCRBY', JOURNAL, 'asked', 1) end
if not once then return {} end
return {once[1], once[2], text(once[3] - now), once[4], once[5]}

-- ## scan: first and last name, limit, unseen (ms)
local found = redis.call('ZRANGEBYLEX', NAMES, ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
local unseen = tonumber(ARGV[4])
if unseen == 0 or #found == 0 then return {found, found[#found]} end
local before, kept = clock() - unseen, {}
for _, stream in ipairs(found) do
    local _, at = head(redis.call('HGET', HEADS, stream))
    if at <= before then kept[#kept + 1] = stream end
end
return {kept, found[#found]}

-- ## seen: streams
local now = clock()
for _, stream in ipairs(ARGV) do
    local value = redis.call('HGET', HEADS, stream)
    if value then redis.call('HSET', HEADS, stream, text((head(value))) .. ':' .. text(now)) end
end
return 0

-- ## append: epoch, numbers as JSON, texts; see `laid` in remote.py
local i = cjson.decode(ARGV[2])
local high, seen, far, size, lifetime, most, wait = unpack(i, 1, 7)
local expected, written, steps, wanted = unpack(i, 8, 11)
-- Before the first of each kind: in `i`, then in `ARGV`.
local x_i, x_b = 11, 2
local s_i, s_b = x_i + expected, x_b + expected
local e_i, e_b = s_i + 3 * written, s_b + written
local o_i, o_b = e_i + 3 * steps, e_b + steps

local epoch, n, oldest = line()
if epoch == '' or epoch ~= ARGV[1] then return {epoch, n, oldest, 'epoch'} end
if n < high then
    local fresh = another(epoch)
    redis.call('HSET', JOURNAL, 'epoch', fresh)
    return {fresh, n, oldest, 'epoch'}
end

-- The names of streams stand one behind the other: those that are expected, and those written.
local heads = {}
for first = 1, expected + written, 1000 do
    local last = math.min(first + 999, expected + written)
    local found = redis.call('HMGET', HEADS, unpack(ARGV, x_b + first, x_b + last))
    for k = first, last do heads[k] = found[k - first + 1] end
end
local moved, taken, now = false, {}, clock()
for k = 1, expected do
    if head(heads[k]) ~= i[x_i + k] then moved = true end
end
for k = 1, written do
    if i[s_i + 3 * k - 1] == 4 and head(heads[expected + k]) ~= i[s_i + 3 * k] then moved = true end
end
for k = 1, wanted do
    local id, holder = ARGV[o_b + 3 * k - 2], ARGV[o_b + 3 * k - 1]
    local once = known(id, now, lifetime)
    if once and not (once[1] == 'pending' and
        (once[2] == holder or (i[o_i + 3 * k - 1] >= 4 and once[3] <= now))) then
        taken[#taken + 1] = {id, once[1], once[2], text(once[3] - now), once[4], once[5]}
    end
end
local missing = seen >= oldest and n - seen <= far and (seen < n and behind(seen) or {})

if moved or #taken > 0 then
    if #taken > 0 and wait ~= 0 then redis.call('HINCRBY', JOURNAL, 'asked', 1) end
    return {epoch, n, oldest, 'refused', missing, taken}
end
for k = 1, written do
    local stored, flags = heads[expected + k], i[s_i + 3 * k - 1]
    if not stored and flags % 2 == 0 then return {epoch, n, oldest, 'unbegun', ARGV[s_b + k]} end
    local links = redis.call('LLEN', KEYS[6 + k])
    if stored and links == 0 then return {epoch, n, oldest, 'damaged', ARGV[s_b + k]} end
end
redis.call('ZCARD', NAMES)
local ids = wanted > 0 and redis.call('ZCARD', IDS) or 0
-- From here on everything is written. The first of it looks for itself whether it can be; nothing
-- behind it can fail.

for k = 1, steps do
    local flags, of, before = i[e_i + 3 * k - 2], i[e_i + 3 * k - 1], i[e_i + 3 * k]
    if before < 0 then
        before = head(heads[expected + of])
    elseif before > 0 then
        before = n + before
    end
    local id, effects = text(n + math.floor(flags / 2)), ARGV[e_b + k]
    local added = redis.pcall('XADD', LOG, id .. '-' .. k, 's', ARGV[s_b + of], 'e', effects, 't', text(now))
    if type(added) == 'table' and added.err then
        if string.find(added.err, 'equal or smaller', 1, true) then
            return {epoch, n, oldest, 'damaged', ''}
        end
        return added
    end
    redis.call('RPUSH', KEYS[6 + of], id .. ':' .. text(before), effects)
end
for k = 1, written do
    local name = ARGV[s_b + k]
    local flags = i[s_i + 3 * k - 1]
    if flags == 2 or flags == 3 then
        redis.call('HDEL', HEADS, name)
        redis.call('ZREM', NAMES, name)
    else
        redis.call('HSET', HEADS, name, text(n + i[s_i + 3 * k - 2]) .. ':' .. text(now))
        if not heads[expected + k] then redis.call('ZADD', NAMES, 0, name) end
    end
end
if size > 0 then redis.call('HINCRBY', JOURNAL, 'n', size) end
for k = 1, wanted do
    local id, number, flags, ms = ARGV[o_b + 3 * k - 2], i[o_i + 3 * k - 2], i[o_i + 3 * k - 1] % 4, i[o_i + 3 * k]
    if flags == 0 then
        redis.call('HDEL', ONCE, id)
        ids = ids - redis.call('ZREM', IDS, id)
    else
        local state = flags == 1 and 'pending' or 'done'
        local stored = {state, ARGV[o_b + 3 * k - 1], now + ms, ARGV[o_b + 3 * k], n + number}
        redis.call('HSET', ONCE, id, cmsgpack.pack(stored))
        ids = ids + redis.call('ZADD', IDS, now, id)
    end
end
if ids > most then
    local popped = redis.call('ZPOPMIN', IDS, ids - most)
    for k = 1, #popped, 2 do redis.call('HDEL', ONCE, popped[k]) end
end
return {epoch, n, oldest, 'appended', missing}

-- ## trim: kept, lifetime (ms), at most how many entries
local epoch, n, oldest = line()
if epoch == '' then return {epoch, n, oldest, 0} end
local now, upto, more = clock(), oldest, 0
for _, entry in ipairs(redis.call('XRANGE', LOG, text(oldest + 1) .. '-0', '+', 'COUNT', ARGV[3])) do
    local at = tonumber(string.match(entry[1], '%d+'))
    if tonumber(entry[2][6]) >= now - tonumber(ARGV[1]) then
        more = 0
        break
    end
    upto, more = at, more + 1
end
if more == tonumber(ARGV[3]) and upto > oldest + 1 then upto = upto - 1 end -- it may have more
local old = redis.call('ZRANGEBYSCORE', IDS, '-inf', text(now - tonumber(ARGV[2])), 'LIMIT', 0, 5000)
if upto > oldest then redis.call('HSET', JOURNAL, 'oldest', text(upto)) end
for _, id in ipairs(old) do
    redis.call('HDEL', ONCE, id)
    redis.call('ZREM', IDS, id)
end
return {epoch, n, upto, (more == tonumber(ARGV[3]) or #old == 5000) and 1 or 0}

-- ## fold: epoch, pairs, first and last of them, number, document
local epoch = line()
local pairs_, key = tonumber(ARGV[2]), KEYS[7]
if epoch ~= ARGV[1] or redis.call('LINDEX', key, 0) ~= ARGV[3]
    or redis.call('LINDEX', key, 2 * pairs_ - 2) ~= ARGV[4] then return 0 end
redis.call('LTRIM', key, 2 * pairs_, -1)
if ARGV[6] ~= '' then redis.call('LPUSH', key, ARGV[6], 'd' .. ARGV[5]) end
return 1

-- ## shorten: epoch, number up to which everything is folded
local epoch = line()
if epoch == ARGV[1] then redis.call('XTRIM', LOG, 'MINID', text(tonumber(ARGV[2]) + 1) .. '-0') end
return 0
