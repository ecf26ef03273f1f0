/**
 * What may stand inside of the parts of a Vega-Lite spec, by the schema of the version that draws: a test holds them to it.
 * https://vega.github.io/vega-lite/docs/encoding.html, mark.html, axis.html, scale.html and legend.html
 */
export const vegaLiteNames = {
  channel: words(
    `
      aggregate align axis bandPosition bin bounds center columns condition datum field format formatType header
      impute legend rescale scale sort spacing stack timeUnit title type value
    `,
  ),
  mark: words(
    `
      align angle aria ariaRole ariaRoleDescription aspect band bandSize baseline binSpacing blend borders box
      clip color continuousBandSize cornerRadius cornerRadiusBottomLeft cornerRadiusBottomRight cornerRadiusEnd
      cornerRadiusTopLeft cornerRadiusTopRight cursor description dir discreteBandSize dx dy ellipsis extent fill
      fillOpacity filled font fontSize fontStyle fontWeight height href innerRadius interpolate invalid limit line
      lineBreak lineHeight median minBandSize opacity order orient outerRadius outliers padAngle point radius
      radius2 radius2Offset radiusOffset rule shape size smooth stroke strokeCap strokeDash strokeDashOffset
      strokeJoin strokeMiterLimit strokeOffset strokeOpacity strokeWidth style tension text theta theta2
      theta2Offset thetaOffset thickness ticks time timeUnitBandPosition timeUnitBandSize tooltip type url width x
      x2 x2Offset xOffset y y2 y2Offset yOffset
    `,
  ),
  axis: words(
    `
      aria bandPosition description domain domainCap domainColor domainDash domainDashOffset domainOpacity
      domainWidth format formatType grid gridCap gridColor gridDash gridDashOffset gridOpacity gridWidth
      labelAlign labelAngle labelBaseline labelBound labelColor labelExpr labelFlush labelFlushOffset labelFont
      labelFontSize labelFontStyle labelFontWeight labelLimit labelLineHeight labelOffset labelOpacity
      labelOverlap labelPadding labelSeparation labels maxExtent minExtent offset orient position style tickBand
      tickCap tickColor tickCount tickDash tickDashOffset tickExtra tickMinStep tickOffset tickOpacity tickRound
      tickSize tickWidth ticks title titleAlign titleAnchor titleAngle titleBaseline titleColor titleFont
      titleFontSize titleFontStyle titleFontWeight titleLimit titleLineHeight titleOpacity titlePadding titleX
      titleY translate values zindex
    `,
  ),
  scale: words(
    `
      align base bins clamp constant domain domainMax domainMid domainMin domainRaw exponent interpolate nice
      padding paddingInner paddingOuter range rangeMax rangeMin reverse round scheme type zero
    `,
  ),
  legend: words(
    `
      aria clipHeight columnPadding columns cornerRadius description direction fillColor format formatType
      gradientLength gradientOpacity gradientStrokeColor gradientStrokeWidth gradientThickness gridAlign
      labelAlign labelBaseline labelColor labelExpr labelFont labelFontSize labelFontStyle labelFontWeight
      labelLimit labelOffset labelOpacity labelOverlap labelPadding labelSeparation legendX legendY offset orient
      padding rowPadding strokeColor symbolDash symbolDashOffset symbolFillColor symbolLimit symbolOffset
      symbolOpacity symbolSize symbolStrokeColor symbolStrokeWidth symbolType tickCount tickMinStep title
      titleAlign titleAnchor titleBaseline titleColor titleFont titleFontSize titleFontStyle titleFontWeight
      titleLimit titleLineHeight titleOpacity titleOrient titlePadding type values zindex
    `,
  ),
} as const;

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
