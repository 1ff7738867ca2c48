"""The part of SARIF 2.1.0 that the renderer uses, as a JSON Schema of its own.

Written from the standard's prose (section numbers beside each object); nothing beyond it may appear.
"""

from typing import Any

MESSAGE = {  # §3.11
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
    "additionalProperties": False,
}
TEXT = MESSAGE  # §3.12 multiformatMessageString: `text` is required there too
ARTIFACT_LOCATION = {  # §3.4
    "type": "object",
    "properties": {
        "uri": {"type": "string", "format": "uri-reference", "pattern": r"^[!$&'()*+,;=:@%/A-Za-z0-9._~-]+$"},
        "uriBaseId": {"const": "%SRCROOT%"},
    },
    "required": ["uri"],
    "additionalProperties": False,
    # An absolute URI has no base; a relative one has one and no scheme.
    "if": {"required": ["uriBaseId"]},
    "then": {"properties": {"uri": {"pattern": r"^(?!/)(?![^/]*:)(?!.*(^|/)\.\.(/|$))"}}},
    "else": {"properties": {"uri": {"pattern": "^file:///"}}},
}
REGION = {  # §3.30
    "type": "object",
    "properties": {
        name: {"type": "integer", "minimum": 1}
        for name in ("startLine", "startColumn", "endLine", "endColumn")
    },
    "required": ["startLine", "startColumn", "endLine", "endColumn"],
    "additionalProperties": False,
}
PHYSICAL_LOCATION = {  # §3.29
    "type": "object",
    "properties": {"artifactLocation": ARTIFACT_LOCATION, "region": REGION},
    "required": ["artifactLocation", "region"],
    "additionalProperties": False,
}
LOCATION = {  # §3.28
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "message": MESSAGE,
        "physicalLocation": PHYSICAL_LOCATION,
    },
    "required": ["physicalLocation"],
    "additionalProperties": False,
}
REPLACEMENT = {  # §3.57
    "type": "object",
    "properties": {
        "deletedRegion": REGION,
        "insertedContent": {
            "type": "object",
            "properties": {"text": {"type": "string"}},
            "required": ["text"],
            "additionalProperties": False,
        },
    },
    "required": ["deletedRegion"],
    "additionalProperties": False,
}
FIX = {  # §3.55 and §3.56
    "type": "object",
    "properties": {
        "description": MESSAGE,
        "artifactChanges": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "artifactLocation": ARTIFACT_LOCATION,
                    "replacements": {"type": "array", "minItems": 1, "items": REPLACEMENT},
                },
                "required": ["artifactLocation", "replacements"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["artifactChanges"],
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RESULT = {  # §3.27
    "type": "object",
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "items": LOCATION},
        "relatedLocations": {"type": "array", "items": LOCATION, "uniqueItems": True},
        "fixes": {"type": "array", "items": FIX, "uniqueItems": True},
        "properties": {"type": "object"},
    },
    "required": ["message"],
    "additionalProperties": False,
}
RULE = {  # §3.49 reportingDescriptor
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "defaultConfiguration": {
            "type": "object",
            "properties": {"level": LEVEL},
            "additionalProperties": False,
        },
    },
    "required": ["id"],
    "additionalProperties": False,
}
RUN = {  # §3.14, with tool (§3.18) and toolComponent (§3.19)
    "type": "object",
    "properties": {
        "tool": {
            "type": "object",
            "properties": {
                "driver": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "version": {"type": "string", "minLength": 1},
                        "rules": {"type": "array", "items": RULE, "uniqueItems": True},
                    },
                    "required": ["name", "version"],
                    "additionalProperties": False,
                }
            },
            "required": ["driver"],
            "additionalProperties": False,
        },
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "originalUriBaseIds": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"description": MESSAGE},
                "additionalProperties": False,
            },
        },
        "results": {"type": "array", "items": RESULT},
    },
    "required": ["tool", "results"],
    "additionalProperties": False,
}
LOG: dict[str, Any] = {  # §3.13 sarifLog
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": RUN, "minItems": 1},
    },
    "required": ["version", "runs"],
    "additionalProperties": False,
}
