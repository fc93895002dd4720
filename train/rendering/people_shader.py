"""The shader that dresses people: cloth, hair and shoes stand off the skin, coloured by their place on the body.

Both parts know how deep a point of the body at rest (T-pose) is inside each garment [m], so garments are sharp at any
size and bulge the same way in every pose. vispy reads only one name per declaration.
"""

_GARMENTS = """
uniform vec2 u_arm;          // |x| of shoulder and wrist, y of hip and ankle [m]
uniform vec2 u_leg;
uniform vec3 u_eye;                 // the left eye [m]
uniform float u_neck;               // y of the neck's joint [m]
uniform float u_sleeve;      // how far clothes reach along arm and leg, 0 to 1
uniform float u_hem;
uniform float u_waist;  // [m]
uniform float u_collar;
uniform float u_shaft;
uniform float u_hairline;
uniform float u_hair_tilt;
uniform vec4 u_loose;        // how far top, bottom, shoes and hair stand off the skin [m]

float hash(vec3 p) {
    p = fract(p * vec3(0.1031, 0.1030, 0.0973));
    p += dot(p, p.yzx + 33.33);
    return fract((p.x + p.y) * p.z);
}

float noise(vec3 p) {
    vec3 cell = floor(p);
    vec3 f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    vec2 e = vec2(0.0, 1.0);
    return mix(
        mix(mix(hash(cell), hash(cell + e.yxx), f.x), mix(hash(cell + e.xyx), hash(cell + e.yyx), f.x), f.y),
        mix(mix(hash(cell + e.xxy), hash(cell + e.yxy), f.x), mix(hash(cell + e.xyy), hash(cell + e.yyy), f.x), f.y),
        f.z);
}

float in_top(vec3 r) {
    float x = abs(r.x);
    if (x > u_arm.x && r.y > u_waist) return u_arm.x + u_sleeve * (u_arm.y - u_arm.x) - x;
    float inside = r.y - u_waist;
    if (x < 0.6 * u_arm.x) inside = min(inside, u_neck + 0.03 - 0.4 * x - r.y);
    if (x < 0.5 * u_arm.x && r.z > -0.02) inside = min(inside, u_collar + 0.5 * x - r.y);
    return u_sleeve > 0.05 ? inside : min(inside, u_arm.x - x);
}

float in_bottom(vec3 r) {
    return min(u_waist + 0.03 - r.y, r.y - u_leg.x + u_hem * (u_leg.x - u_leg.y));
}

float in_shoes(vec3 r) { return u_leg.y + u_shaft - r.y; }

float in_hair(vec3 r) {
    if (abs(r.x) > 0.6 * u_arm.x || r.y < u_neck - 0.02) return -1.0;
    return r.y - u_eye.y - u_hair_tilt * (r.z - 0.4 * u_eye.z) - u_hairline;
}
"""

VERTEX = (
    """
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec3 a_rest;
uniform mat4 u_projection;
varying vec3 v_normal;
varying vec3 v_rest;
"""
    + _GARMENTS
    + """
void main() {
    v_normal = a_normal;
    v_rest = a_rest;
    float folds = 0.7 + 0.6 * noise(a_rest * vec3(22.0, 9.0, 22.0));
    float off = u_loose.y * folds * smoothstep(0.0, 0.02, in_bottom(a_rest));
    off = max(off, (u_loose.x * folds + 0.004) * smoothstep(0.0, 0.015, in_top(a_rest)) * step(0.001, u_loose.x));
    off = max(off, u_loose.z * smoothstep(-0.01, 0.01, in_shoes(a_rest)));
    off = max(off, u_loose.w * (0.5 + noise(a_rest * 40.0)) * smoothstep(0.0, 0.03, in_hair(a_rest)));
    gl_Position = u_projection * vec4(a_position + off * normalize(a_normal), 1.0);
}
"""
)

FRAGMENT = (
    """
uniform float u_number;
uniform float u_flat;        // 1: white, for counting pixels
uniform vec3 u_light;
uniform vec3 u_light_color;
uniform vec3 u_sky;
uniform vec3 u_ground;
uniform vec3 u_up;
uniform vec3 u_skin;
uniform vec3 u_hair;
uniform vec3 u_eyes;
uniform vec3 u_top;
uniform vec3 u_top_accent;
uniform vec3 u_bottom;
uniform vec3 u_bottom_accent;
uniform vec3 u_shoes;
uniform vec3 u_top_pattern;  // stripes across, stripes along: 0 or 1; period [m]
uniform vec3 u_bottom_pattern;
uniform vec3 u_details;      // print on the chest, denim, beard: 0 or 1
varying vec3 v_normal;
varying vec3 v_rest;
"""
    + _GARMENTS
    + """
vec3 woven(vec3 plain, vec3 accent, vec3 pattern, vec2 place, vec3 r) {
    vec2 stripe = step(0.5, fract(place / pattern.z)) * pattern.xy;
    vec3 cloth = mix(plain, accent, max(stripe.x, stripe.y) - 0.5 * stripe.x * stripe.y);
    return cloth * (0.82 + 0.28 * noise(r * vec3(26.0, 11.0, 26.0)) + 0.08 * noise(r * 300.0));
}

vec3 skin_at(vec3 r, float x) {
    vec3 tone = u_skin * (0.94 + 0.1 * noise(r * 30.0));
    vec2 from_mouth = vec2(x, r.y - u_eye.y + 0.072);
    if (r.z > 0.0 && length(from_mouth * vec2(1.0, 2.6)) < 0.022) return tone * vec3(0.86, 0.58, 0.56);
    float cheek = length(vec2(x - 0.036, r.y - u_eye.y + 0.035));
    if (r.z > 0.0) tone = mix(tone, tone * vec3(1.0, 0.84, 0.82), 0.7 * smoothstep(0.03, 0.0, cheek));
    return tone;
}

vec3 head_at(vec3 r, float x) {
    float strands = 0.7 + 0.5 * noise(r * vec3(160.0, 30.0, 90.0));
    if (in_hair(r) + 0.012 * (noise(r * 120.0) - 0.5) > 0.0) return u_hair * strands;
    vec2 from_eye = vec2(x - u_eye.x, r.y - u_eye.y);
    if (r.z > 0.0) {
        if (length(from_eye * vec2(1.0, 2.2)) < 0.0155) {
            if (length(from_eye) < 0.0055) return u_eyes;
            return from_eye.y > 0.004 ? u_eyes : vec3(0.86, 0.85, 0.83);
        }
        if (abs(from_eye.x) < 0.021 && abs(from_eye.y - 0.022 + 8.0 * from_eye.x * from_eye.x) < 0.0045)
            return u_hair * 0.9;
        float chin = u_eye.y - 0.055 - r.y;
        bool mouth = length(vec2(x, r.y - u_eye.y + 0.072) * vec2(1.0, 2.2)) < 0.028;
        if (u_details.z > 0.5 && chin + 0.012 * noise(r * 90.0) > 0.012 && chin < 0.085 && !mouth)
            return mix(u_skin, u_hair * strands, 0.75);
    }
    return skin_at(r, x);
}

vec3 top_at(vec3 r, float x, float inside) {
    vec2 along = x > u_arm.x ? vec2(x, r.y) : vec2(r.y, r.x);
    vec3 cloth = woven(u_top, u_top_accent, u_top_pattern, along, r);
    bool band = inside < 0.012;
    if (band) return cloth * 0.8;
    vec2 chest = vec2(r.x, r.y - u_neck + 0.19);
    if (u_details.x > 0.5 && r.z > 0.0 && max(abs(chest.x) / 0.075, abs(chest.y) / 0.06) < 1.0) {
        float mark = step(0.45, noise(vec3(chest * 55.0, u_top.x * 40.0)));
        return mix(cloth, u_top_accent, mark);
    }
    return cloth;
}

vec3 bottom_at(vec3 r, float x, float inside) {
    vec3 cloth = woven(u_bottom, u_bottom_accent, u_bottom_pattern, vec2(r.y, r.x), r);
    if (u_details.y > 0.5) cloth *= 0.85 + 0.25 * noise(vec3(r.x * 900.0, r.y * 900.0, r.z * 900.0));
    if (r.y > u_waist - 0.008) return cloth * 0.45;
    if (abs(r.z) < 0.004 && x > 0.5 * u_arm.x) return cloth * 0.75;
    return inside < 0.014 ? cloth * 0.82 : cloth;
}

vec3 color_at(vec3 r) {
    float x = abs(r.x);
    float top = in_top(r);
    if (top > 0.0) return top_at(r, x, top);
    if (x < 0.6 * u_arm.x && r.y > u_neck + 0.03 - 0.4 * x) return head_at(r, x);
    if (in_shoes(r) > 0.0) {
        bool sole = u_loose.z > 0.0 && in_shoes(r) > u_shaft + 0.052;
        return sole ? mix(u_shoes, vec3(0.85), 0.75) : u_shoes * (0.85 + 0.25 * noise(r * 60.0));
    }
    float bottom = in_bottom(r);
    return bottom > 0.0 ? bottom_at(r, x, bottom) : skin_at(r, x);
}

float shade_at(vec3 r) {
    float x = abs(r.x);
    float armpit = length(vec2(x - 0.85 * u_arm.x, r.y - u_neck + 0.2));
    float crotch = length(vec2(x, r.y - u_leg.x + 0.1));
    float chin = r.z > -0.03 ? length(vec2(x, r.y - u_neck - 0.03)) : 1.0;
    return (0.72 + 0.28 * smoothstep(0.0, 0.09, armpit)) * (0.75 + 0.25 * smoothstep(0.0, 0.1, crotch))
        * (0.75 + 0.25 * smoothstep(0.0, 0.06, chin));
}

void main() {
    if (u_flat > 0.5) {
        gl_FragColor = vec4(1.0);
        return;
    }
    vec3 normal = normalize(v_normal);
    float upward = 0.5 + 0.5 * dot(normal, u_up);
    vec3 light = mix(u_ground, u_sky, upward) * shade_at(v_rest) + u_light_color * max(dot(normal, u_light), 0.0);
    gl_FragColor = vec4(min(color_at(v_rest) * light, 1.0), u_number);
}
"""
)
